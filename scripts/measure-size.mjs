#!/usr/bin/env node
/**
 * Measures what the built package costs a page, as Rollup (through Vite) bundles it: tree-shaken, split where the
 * package imports on demand, minified and gzipped. Prints what `import { open } from "jangada/format"` downloads to
 * open a file and read, pako included, what is loaded on demand beyond that, and the own bytes of each opt-in filter;
 * and what esbuild makes of `import { open } from "jangada/format/read"`. Exit status 1 when reading costs more than
 * the limit.
 */

import { readdirSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build as buildByEsbuild, transform } from "esbuild";
import { build } from "vite";

/** What reading must not cost, in bytes. */
const limit = 79_100;
const root = fileURLToPath(new URL("..", import.meta.url));

/** Bundles modules, given by name as code; answers the chunks by file name. */
async function bundle(entries) {
  const prefix = "\0entry:";
  // As a library, since Vite adds code of its own to pages that import on demand.
  const [{ output }] = await build({
    root,
    configFile: false,
    logLevel: "error",
    resolve: {
      alias: [
        { find: /^jangada$/, replacement: `${root}dist/index.js` },
        { find: /^jangada\/format$/, replacement: `${root}dist/format/index.js` },
        { find: /^jangada\/filters\/(.*)$/, replacement: `${root}dist/filters/$1.js` },
      ],
    },
    plugins: [
      {
        name: "entries",
        resolveId: (id) =>
          id.startsWith(root) && id.slice(root.length) in entries ? prefix + id.slice(root.length) : undefined,
        load: (id) => (id.startsWith(prefix) ? entries[id.slice(prefix.length)] : undefined),
      },
    ],
    build: {
      write: false,
      target: "es2022",
      minify: false,
      lib: { entry: Object.keys(entries), formats: ["es"] },
    },
  });
  const chunks = new Map();
  for (const chunk of output) {
    const { code } = await transform(chunk.code, { minify: true, format: "esm", target: "es2022" });
    chunks.set(chunk.fileName, { ...chunk, bytes: gzipSync(code, { level: 9 }).length });
  }
  return chunks;
}

/** The chunk of that entry. */
function entryOf(chunks, name) {
  return [...chunks.values()].find(({ facadeModuleId }) => facadeModuleId === `\0entry:${name}`).fileName;
}

/** A chunk and all that it imports statically, without those in `loaded`. */
function closure(chunks, start, loaded = new Set()) {
  const found = new Set([start]);
  for (const name of found) for (const other of chunks.get(name).imports) if (!loaded.has(other)) found.add(other);
  return found;
}

function gzipped(chunks, names) {
  let bytes = 0;
  for (const name of names) bytes += chunks.get(name).bytes;
  return bytes;
}

function print(bytes, what) {
  console.log(`${String(bytes).padStart(8)}  ${what}`);
}

const core = 'export { open } from "jangada/format";';
const chunks = await bundle({ core });
const reader = closure(chunks, entryOf(chunks, "core"));
const onDemand = [...reader].flatMap((name) => chunks.get(name).dynamicImports);

/** What a part that is loaded on demand costs beyond what reading does. */
function partBytes(module) {
  const chunk = onDemand.find((name) => chunks.get(name).name.startsWith(module));
  if (chunk === undefined) throw new Error(`${module} is no longer imported on demand`);
  return gzipped(chunks, closure(chunks, chunk, reader));
}

const opening = gzipped(chunks, reader);
const inflating = partBytes("portable-inflate");
const reading = opening + inflating;

console.log('bytes, minified and gzipped, of import { open } from "jangada/format":');
print(reading, `to open and read a file (limit ${limit}): ${opening}, and ${inflating} of pako where it is needed`);
const names = {
  gathering: "to select by lists, points or a mask",
  "bit-packed-decoders": "to decode szip, nbit and scaleoffset",
  "virtual-datasets": "to read virtual datasets",
  "object-relations": "to follow references, to find paths, and for dimension scales",
  "other-formats": "to name what is no HDF5 file",
  "cache-image": "to read files with a metadata cache image",
  "local-devices": "to open local files",
  "http-without-ranges": "for servers without byte ranges, or that hide the size",
  "foreign-files": "with a resolver",
  writing: "to write",
};
for (const [module, what] of Object.entries(names)) print(partBytes(module), `more ${what}`);

/** What esbuild makes a page download for `code` before anything is loaded on demand. */
async function bundleByEsbuild(code) {
  const { metafile, outputFiles } = await buildByEsbuild({
    stdin: { contents: code, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    minify: true,
    metafile: true,
    write: false,
    outdir: "bundle",
    logLevel: "error",
  });
  const { outputs } = metafile;
  const loaded = new Set(Object.keys(outputs).filter((path) => outputs[path].entryPoint === "<stdin>"));
  for (const path of loaded) {
    for (const { path: next, kind } of outputs[path].imports) if (kind === "import-statement") loaded.add(next);
  }
  const bundled = outputFiles.filter(({ path }) => loaded.has(relative(root, path)));
  return bundled.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
}

console.log('and of import { open } from "jangada/format/read", as esbuild bundles it:');
print(await bundleByEsbuild('export { open } from "./dist/format/read.js";'), "to open and read a file, without pako");

const filters = readdirSync(`${root}dist/filters`).flatMap((name) => /^(?!all)(.*)\.js$/.exec(name)?.[1] ?? []);
const entries = Object.fromEntries(filters.map((name) => [name, `import "jangada/filters/${name}";`]));
const withFilters = await bundle({ core, ...entries });
const shared = closure(withFilters, entryOf(withFilters, "core"));
console.log("and of each opt-in filter:");
for (const name of filters) {
  print(gzipped(withFilters, closure(withFilters, entryOf(withFilters, name), shared)), `jangada/filters/${name}`);
}

const whole = await bundle({ whole: 'export * from "jangada";' });
print(gzipped(whole, whole.keys()), 'everything in "jangada"');
process.exitCode = reading > limit ? 1 : 0;
