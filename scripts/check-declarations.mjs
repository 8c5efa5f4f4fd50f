#!/usr/bin/env node
/**
 * Compiles a program that uses every entry of the built package, under the settings that users have: strict, their
 * libraries checked too, with and without the types of a browser, by each way in which TypeScript finds modules.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

const program = `
import { create, open, Persistable, property, slice } from "jangada";
import * as all from "jangada/all";
import * as format from "jangada/format";
import { open as openToRead } from "jangada/format/read";
import * as serialization from "jangada/serialization";
import "jangada/filters/lz4";

class Run extends Persistable.define("checks.Run", { name: property({ default: "" }) }) {}

export async function firstTwo(bytes: Uint8Array): Promise<readonly number[]> {
  const file = await open(bytes);
  const object = await file.get("x");
  if (object.kind !== "dataset") return [];
  const { shape } = await object.read([slice(0, 2)]);
  await file.close();
  return shape;
}

export const used = [create, all.open, format.open, openToRead, serialization.load, new Run({ name: "a" }).name];
`;

const base = {
  target: "es2022",
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  preserveSymlinks: true,
  types: [],
};
const settings = {
  "bundler, no types of the web": { module: "esnext", moduleResolution: "bundler", lib: ["es2022"] },
  "bundler, browser": { module: "esnext", moduleResolution: "bundler", lib: ["es2022", "esnext.disposable", "dom"] },
  "node16, no types of the web": { module: "node16", moduleResolution: "node16", lib: ["es2022"] },
  "node10, browser": { module: "commonjs", moduleResolution: "node10", lib: ["es2022", "dom"] },
};

const directory = mkdtempSync(join(tmpdir(), "jangada-declarations-"));
try {
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(root, join(directory, "node_modules", "jangada"));
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  writeFileSync(join(directory, "program.ts"), program);
  for (const [name, options] of Object.entries(settings)) {
    const config = { compilerOptions: { ...base, ...options }, files: ["program.ts"] };
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
    const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", directory], { encoding: "utf8" });
    console.log(`${name}: ${status === 0 ? "compiles" : `\n${stdout}`}`);
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(directory, { recursive: true });
}
