import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { build as buildByVite } from "vite";
import { goldenNames } from "./suite.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * One ES module with the built package, the suite and the golden files in it; `main` is the code after the
 * definition of `run`, a function that answers the results.
 */
export async function bundleSuite(main) {
  const golden = Object.fromEntries(
    goldenNames.map((name) => [name, readFileSync(`${here}/../../golden-files/${name}`).toString("base64")]),
  );
  const contents = `
    import * as library from "../../dist/index.js";
    import * as format from "../../dist/format/index.js";
    import { runTests, smokeTests } from "./suite.mjs";
    const golden = ${JSON.stringify(golden)};
    for (const name of Object.keys(golden)) {
      golden[name] = Uint8Array.from(atob(golden[name]), (character) => character.charCodeAt(0));
    }
    const run = () => runTests(smokeTests({ ...library, format }, golden));
    ${main}`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: here, sourcefile: "smoke.js" },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
}

/** The files, by name, of a page that reads by URL, with the package in pieces that it loads on demand. */
export async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: { page: `${here}/page-start.mjs`, worker: `${here}/page-worker.mjs` },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    outdir: "page",
    write: false,
    logLevel: "error",
  });
  const html = '<!doctype html><title>smoke</title><script type="module" src="page.js"></script>';
  const files = new Map([["index.html", Buffer.from(html)]]);
  for (const { path, contents: bytes } of outputFiles) files.set(basename(path), Buffer.from(bytes));
  return files;
}

/**
 * The files, by path, of a page whose workers have the package in one piece: a worker as Vite makes it by default (a
 * classic script), and a service worker that is an ES module.
 */
export async function bundleWorkers() {
  const { output } = await buildByVite({
    root: here,
    configFile: false,
    logLevel: "error",
    build: { write: false, target: "es2022", minify: false, rollupOptions: { input: `${here}whole-page.mjs` } },
  });
  const { outputFiles } = await build({
    entryPoints: [`${here}/whole-service-worker.mjs`],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  const files = new Map([["/service-worker.js", Buffer.from(outputFiles[0].contents)]]);
  for (const part of output) files.set(`/${part.fileName}`, Buffer.from(part.code ?? part.source));
  const entry = output.find((part) => part.isEntry).fileName;
  files.set("/", Buffer.from(`<!doctype html><title>smoke</title><script type="module" src="/${entry}"></script>`));
  return files;
}
