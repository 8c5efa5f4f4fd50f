import { join } from "node:path";
import { build } from "esbuild";

/** Bundles the format layer into one file in `directory`, for other processes to import; answers its path. */
export async function bundleLibrary(directory: string): Promise<string> {
  const outfile = join(directory, "format.mjs");
  await build({
    entryPoints: [new URL("../../src/format/index.ts", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    outfile,
    logLevel: "error",
  });
  return outfile;
}
