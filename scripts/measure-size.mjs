#!/usr/bin/env node
/**
 * Measures what `import { open } from "jangada/format"` costs a page: bundled, tree-shaken, minified and gzipped,
 * pako included. Prints the bytes and the largest parts; exit status 1 above the limit, which only ever goes down.
 */

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What the size is meant to become. */
const aim = 60_000;
/** What it must not exceed. */
const limit = 130_000;
const root = fileURLToPath(new URL("..", import.meta.url));

async function bundle(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, sourcefile: "entry.js" },
    alias: { "jangada/format": `${root}src/format/index.ts`, jangada: `${root}src/index.ts` },
    bundle: true,
    minify: true,
    treeShaking: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const [output] = Object.values(metafile.outputs);
  return { bytes: gzipSync(outputFiles[0].contents, { level: 9 }).length, inputs: output.inputs };
}

const reader = await bundle('export { open } from "jangada/format";');
const everything = await bundle('export * from "jangada";');

const parts = new Map();
for (const [path, { bytesInOutput }] of Object.entries(reader.inputs)) {
  const part = path.includes("node_modules") ? "pako" : path.split("/").slice(0, 3).join("/");
  parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
}
console.log("minified bytes of each part:");
for (const [part, bytes] of [...parts].sort((a, b) => b[1] - a[1]).slice(0, 15)) {
  console.log(`${String(bytes).padStart(8)}  ${part}`);
}
console.log(`everything in "jangada": ${everything.bytes} bytes gzipped`);
console.log(`import { open } from "jangada/format": ${reader.bytes} bytes gzipped (aim ${aim}, limit ${limit})`);
process.exitCode = reader.bytes > limit ? 1 : 0;
