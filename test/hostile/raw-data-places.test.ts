/** Raw data that a file says lie where something else lies are not written: that would destroy the file. */
import { describe, expect, it } from "vitest";
import type { Dataset, HDF5File } from "../../src/format/index.js";
import { createSync, openSync, slice } from "../../src/format/index.js";
import { lookup3 } from "../../src/format/structures/checksum.js";
import { failure } from "../support/failure.js";

const libvers = ["earliest", "default"] as const;
type LibVer = (typeof libvers)[number];

const contiguous = ["contiguous", "words"] as const;
const chunked = ["chunked", "filtered", "sentences"] as const;

function sample(libver: LibVer): Uint8Array {
  const file = createSync(undefined, { libver });
  const numbers = Int32Array.from({ length: 40 }, (_, index) => index);
  const words = Array.from({ length: 40 }, (_, index) => `word ${index}`);
  file.createDatasetSync("contiguous", { data: numbers });
  file.createDatasetSync("words", { data: words });
  file.createDatasetSync("chunked", { data: numbers, maxShape: [null], chunks: [64] });
  file.createDatasetSync("filtered", { data: numbers, maxShape: [null], chunks: [64], filters: ["deflate"] });
  file.createDatasetSync("sentences", { data: words, maxShape: [null], chunks: [64] });
  for (let index = 0; index < 20; index++) file.createGroupSync(`group/child${index}`);
  file.closeSync();
  return file.bytes();
}

function datasetIn(file: HDF5File, name: string): Dataset {
  const object = file.getSync(name);
  if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
  return object;
}

function addressOfContent(file: HDF5File, name: string): number {
  const { layout } = datasetIn(file, name).stored;
  const address = layout.kind === "contiguous" || layout.kind === "chunked" ? layout.address : null;
  if (address === null) throw new Error(`${name} has no data of its own`);
  return address;
}

/** Where things of the sample lie. */
function placesIn(bytes: Uint8Array, libver: LibVer, name: string): Record<string, number> {
  const file = openSync(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const address = (at: number): number => Number(view.getBigUint64(at, true));
  return {
    superblock: 0,
    "last byte of the superblock": (libver === "earliest" ? 96 : 48) - 1,
    "root group": file.address,
    "own header": datasetIn(file, name).address,
    "header of another object": file.getSync("group").address,
    "chunk index of another dataset": addressOfContent(file, name === "chunked" ? "filtered" : "chunked"),
    "global heap": address(addressOfContent(file, "words") + 4),
    "byte after the end of the file": bytes.length,
    "space past the end of the file": bytes.length + 4096,
    "last bytes before the end of the file": bytes.length - 16,
    ...linkPlaces(file, "group", view),
    ...(libver === "earliest" ? linkPlaces(file, "", view) : {}),
    ...((chunked as readonly string[]).includes(name) ? { "own chunk index": addressOfContent(file, name) } : {}),
  };
}

/** Where a group has its links. */
function linkPlaces(file: HDF5File, path: string, view: DataView): Record<string, number> {
  const group = path === "" ? file : file.getSync(path);
  const message = (wanted: number) => group.state.header?.messages.find(({ type }) => type === wanted)?.offset;
  const address = (at: number): number => Number(view.getBigUint64(at, true));
  const table = message(0x11);
  const info = message(0x02);
  const of = path === "" ? "the root group" : path;
  if (table !== undefined) {
    const heap = address(table + 8);
    return {
      [`B-tree of ${of}`]: address(table),
      [`last byte of the B-tree of ${of}`]: address(table) + 24 + 32 * 16 + 7,
      [`symbol table node of ${of}`]: address(address(table) + 32),
      [`local heap of ${of}`]: heap,
      [`last name in the local heap of ${of}`]: address(heap + 24) + address(heap + 8) - 1,
    };
  }
  if (info === undefined) throw new Error(`${path} has no links`);
  const heap = address(info + 2);
  return {
    [`fractal heap of ${of}`]: heap,
    [`block of the fractal heap of ${of}`]: address(heap + 132),
    [`name index of ${of}`]: address(info + 10),
    [`records of the name index of ${of}`]: address(address(info + 10) + 16),
  };
}

/** The file in which the data of a dataset, or its first chunk, are said to lie elsewhere. */
function moved(bytes: Uint8Array, name: string, address: number): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const { state, stored } = datasetIn(openSync(bytes), name);
  if (stored.layout.kind === "contiguous") {
    const header = state.header;
    const message = header?.messages.find(({ type }) => type === 0x08);
    if (header === null || message === undefined) throw new Error(`${name} has no layout`);
    view.setBigUint64(message.offset + 2, BigInt(address), true);
    if (header.version === 2) {
      const [{ address: start, length }] = header.chunks;
      view.setUint32(start + length - 4, lookup3(copy.subarray(start, start + length - 4)), true);
    }
  } else if (stored.layout.kind === "chunked") {
    // The header of a B-tree node, then a key: size, filter mask, two offsets.
    view.setBigUint64(Number(stored.layout.address) + 24 + 24, BigInt(address), true);
  }
  return copy;
}

/** What is met before the change: all of the file but the raw data that are said to lie elsewhere. */
function look(file: HDF5File, name: string): void {
  for (const { object, path } of file.visitSync()) {
    if (object?.kind === "dataset" && path !== `/${name}`) object.readSync();
  }
}

type Change = readonly [string, (dataset: Dataset) => void];

function newValue(dataset: Dataset): number | string {
  return dataset.dtype === "int32" ? 7 : "seven";
}

const writes: readonly Change[] = [
  ["writing an element", (dataset) => dataset.writeSync(newValue(dataset), [slice(1, 2)])],
  ["writing all elements", (dataset) => dataset.writeSync(newValue(dataset))],
];

const changes: readonly Change[] = [
  ...writes,
  ["appending", (dataset) => dataset.appendSync([newValue(dataset), newValue(dataset)])],
  ["cutting a chunk", (dataset) => dataset.resizeSync([3])],
  ["dropping all chunks", (dataset) => dataset.resizeSync([0])],
];

/** Requires that every change is refused, and that the file can still be changed elsewhere. */
function expectRefused(bytes: Uint8Array, name: string, address: number, prepare: (file: HDF5File) => void): void {
  const hostile = moved(bytes, name, address);
  for (const [what, change] of (contiguous as readonly string[]).includes(name) ? writes : changes) {
    const file = openSync(hostile.slice(), { mode: "r+" });
    prepare(file);
    const error = failure(() => change(datasetIn(file, name)));
    expect(error, what).toMatchObject({ code: "corrupt", path: `/${name}`, offset: address });
    expect(error.message, what).toMatch(/raw data/);
    file.flushSync();
    expect(Buffer.compare(file.bytes(), hostile), what).toBe(0);
    const other = name === "contiguous" ? "chunked" : "contiguous";
    datasetIn(file, other).writeSync(-1, [slice(5, 6)]);
    file.createGroupSync("new").attrs.setSync("size", 3);
    file.closeSync();
    const after = openSync(file.bytes());
    expect(datasetIn(after, other).readSync([slice(5, 6)]).data, what).toEqual(Int32Array.of(-1));
    expect(after.getSync("new").attrs.getSync("size"), what).toBe(3);
  }
}

describe.each(libvers)("libver %s", (libver) => {
  const bytes = sample(libver);
  describe.each([...contiguous, ...chunked])("%s data", (name) => {
    const places = placesIn(bytes, libver, name);
    it.each(Object.keys(places))("in the %s", (place) => {
      expectRefused(bytes, name, places[place], (file) => look(file, name));
    });

    const always = Object.keys(places).filter((place) => /superblock|root group|own|end of the file/.test(place));
    it.each(always)("in the %s, when nothing else was looked at", (place) => {
      expectRefused(bytes, name, places[place], () => undefined);
    });
  });
});
