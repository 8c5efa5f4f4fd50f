/** The files that the fuzz starts from, and how one input is made of them. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { anatomy, mutate } from "./mutate.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const golden = join(root, "golden-files");
/** Larger files would make the fuzz slow and no deeper. */
const largestSeed = 96 * 1024;
const smallFiles = 30;

function filesBelow(folder, largest) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size <= largest)
    .sort();
}

function isHdf5(path) {
  const bytes = readFileSync(path);
  const signature = Buffer.from("\x89HDF\r\n\x1a\n", "latin1");
  for (let at = 0; at + 8 <= bytes.length; at = at === 0 ? 512 : at * 2) {
    if (bytes.subarray(at, at + 8).equals(signature)) return true;
  }
  return false;
}

/** Paths: `seeds` to be mutated, `small` to be truncated, `hostile` to be read as they are. */
export function inputFiles(corpus = process.env.JANGADA_CORPUS) {
  const seeds = filesBelow(golden, largestSeed).filter((path) => /\.(h5|hdf5)$/.test(path));
  let hostile = [];
  if (corpus !== undefined && corpus !== "") {
    seeds.push(...filesBelow(resolve(corpus, "files"), largestSeed).filter(isHdf5));
    const beside = resolve(corpus, "../hostile/files");
    if (existsSync(beside)) hostile = filesBelow(beside, Number.POSITIVE_INFINITY);
  }
  const bySize = [...seeds].sort((a, b) => statSync(a).size - statSync(b).size);
  const small = bySize.filter((path) => statSync(path).size >= 800).slice(0, smallFiles);
  return { seeds, small, hostile };
}

const known = new Map();

function load(path) {
  let file = known.get(path);
  if (file === undefined) {
    const bytes = new Uint8Array(readFileSync(path));
    file = { bytes, parts: undefined };
    if (known.size > 200) known.clear();
    known.set(path, file);
  }
  return file;
}

/** The bytes of an input: `{ path }`, `{ path, truncate: length }` or `{ path, seed }`. */
export function inputBytes(input) {
  const file = load(input.path);
  if (input.truncate !== undefined) return file.bytes.slice(0, input.truncate);
  if (input.seed === undefined) return file.bytes.slice();
  file.parts ??= anatomy(file.bytes);
  return mutate(file.bytes, file.parts, input.seed);
}

/** How to name an input on the command line. */
export function inputName({ path, truncate, seed }) {
  if (truncate !== undefined) return `${path}:truncate:${truncate}`;
  return seed === undefined ? path : `${path}:seed:${seed}`;
}

/** The input of a name. */
export function inputNamed(name) {
  const match = /^(.*):(truncate|seed):(\d+)$/.exec(name);
  return match === null ? { path: resolve(name) } : { path: resolve(match[1]), [match[2]]: Number(match[3]) };
}
