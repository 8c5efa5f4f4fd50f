/** Raw data that a file says lie where something else lies are not written: that would destroy the file. */
import { describe, expect, it } from "vitest";
import type { Dataset, HDF5File, ObjectReference } from "../../src/format/index.js";
import { createSync, openSync, slice } from "../../src/format/index.js";
import { lookup3 } from "../../src/format/structures/checksum.js";
import { failure } from "../support/failure.js";
import type { LibVer } from "./misplaced.js";
import { chunked, contiguous, datasetIn, libvers, look, moved, sample } from "./misplaced.js";

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

describe("many chunks", () => {
  it("are not written when one of them lies elsewhere", () => {
    // More than are worked on at once.
    const length = 9 * 1024 * 1024;
    const built = createSync(undefined, { libver: "earliest" });
    built.createDatasetSync("large", { data: new Int32Array(length), maxShape: [null], chunks: [1024 * 1024] });
    built.closeSync();
    const hostile = moved(built.bytes(), "large", 0);
    const file = openSync(hostile.slice(), { mode: "r+" });
    const error = failure(() => datasetIn(file, "large").writeSync(new Int32Array(length).fill(1)));
    expect(error).toMatchObject({ code: "corrupt", path: "/large", offset: 0 });
    file.closeSync();
    expect(Buffer.compare(file.bytes(), hostile)).toBe(0);
  });
});

describe.each(libvers)("libver %s, when more is known than is remembered", (libver) => {
  const built = openSync(sample(libver), { mode: "r+" });
  const length = 1_100_000;
  built.createDatasetSync("filler", { data: new Uint8Array(length) });
  built.closeSync();
  const bytes = built.bytes();

  describe.each(["contiguous", "chunked"])("%s data", (name) => {
    const places = placesIn(bytes, libver, name);
    const always = Object.keys(places).filter((place) => /superblock|root group|own|end of the file/.test(place));
    it.each(always)("in the %s", (place) => {
      expectRefused(bytes, name, places[place], (file) => {
        const known = file.state.file.editing().places;
        const start = addressOfContent(file, "filler");
        for (let at = 0; at < length; at += 2) known.note(start + at, 1);
        expect(known.overlaps(start + 1, 1)).toBe(false);
        expect(known.isFull).toBe(true);
        look(file, name);
      });
    });
  });
});

describe("space that two have", () => {
  const noise = (seed: number) =>
    Uint8Array.from({ length: 512 }, (_, at) => lookup3(Uint8Array.of(seed, at, at >> 8)));

  it("is given back by none but the first of two chunks", () => {
    const built = createSync(undefined, { libver: "earliest" });
    const data = new Uint8Array([...noise(1), ...noise(2)]);
    built.createDatasetSync("twice", { data, chunks: [512], filters: ["deflate"], maxShape: [null] });
    built.closeSync();
    const bytes = built.bytes();
    const index = addressOfContent(openSync(bytes), "twice");
    // The second key and child of the B-tree node: size, filter mask, two offsets, address.
    bytes.copyWithin(index + 24 + 32, index + 24, index + 24 + 4);
    bytes.copyWithin(index + 24 + 32 + 24, index + 24 + 24, index + 24 + 32);

    const file = openSync(bytes, { mode: "r+" });
    const twice = datasetIn(file, "twice");
    twice.writeSync(new Uint8Array([...noise(3), ...noise(4)]));
    file.flushSync();
    for (let seed = 10; seed < 16; seed++) file.createDatasetSync(`after${seed}`, { data: noise(seed) });
    file.closeSync();
    const after = openSync(file.bytes());
    expect(datasetIn(after, "twice").readSync()).toMatchObject({ data: new Uint8Array([...noise(3), ...noise(4)]) });
    for (let seed = 10; seed < 16; seed++) {
      expect(datasetIn(after, `after${seed}`).readSync(), String(seed)).toMatchObject({ data: noise(seed) });
    }
  });

  it("is not given back when a header says that it continues there", () => {
    const built = createSync(undefined, { libver: "earliest" });
    const object = built.createGroupSync("object");
    built.flushSync();
    for (let index = 0; index < 6; index++) object.attrs.setSync(`attribute${index}`, index);
    built.flushSync();
    const [, block] = openSync(built.bytes()).getSync("object").state.header?.chunks ?? [];
    expect(block.length).toBeGreaterThan(64);
    // Another dataset has as its elements what the header goes on with.
    const copy = built.bytes().slice(block.address, block.address + block.length);
    built.createDatasetSync("other", { data: copy });
    built.closeSync();
    const bytes = built.bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const place = addressOfContent(openSync(bytes), "other");
    let continued = 0;
    for (let at = openSync(bytes).getSync("object").address; continued === 0; at += 8) {
      if (view.getBigUint64(at, true) === BigInt(block.address)) continued = at;
    }
    view.setBigUint64(continued, BigInt(place), true);

    const file = openSync(bytes, { mode: "r+" });
    file.getSync("object").attrs.setSync("another", 1);
    file.flushSync();
    for (let seed = 0; seed < 6; seed++) file.createDatasetSync(`after${seed}`, { data: noise(seed).subarray(0, 100) });
    file.closeSync();
    expect(datasetIn(openSync(file.bytes()), "other").readSync()).toMatchObject({ data: copy });
  });
});

describe("what is no structure", () => {
  it("is written although a reference leads there", () => {
    const built = createSync(undefined, { libver: "earliest" });
    // The beginning of an empty object header of version 1, and of something that resembles one.
    const data = Int32Array.of(1, 1, 0, 0, 0x0001_0001, 1, 0, 0);
    built.createDatasetSync("numbers", { data });
    const target = built.getSync("numbers").reference();
    built.createDatasetSync("references", { data: [target, target], dtype: "object-reference" });
    built.closeSync();
    const bytes = built.bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const numbers = addressOfContent(openSync(bytes), "numbers");
    const references = addressOfContent(openSync(bytes), "references");
    view.setBigUint64(references, BigInt(numbers), true);
    view.setBigUint64(references + 8, BigInt(numbers + 16), true);

    const file = openSync(bytes, { mode: "r+" });
    for (const reference of (datasetIn(file, "references").readSync() as { data: ObjectReference[] }).data) {
      failure(() => file.dereferenceSync(reference));
    }
    datasetIn(file, "numbers").writeSync(Int32Array.from(data, () => 5));
    file.closeSync();
    expect(datasetIn(openSync(file.bytes()), "numbers").readSync()).toMatchObject({
      data: Int32Array.from(data, () => 5),
    });
  });
});
