/** Files in which raw data are said to lie where something else lies. */
import type { Dataset, HDF5File } from "../../src/format/index.js";
import { createSync, openSync } from "../../src/format/index.js";
import { lookup3 } from "../../src/format/structures/checksum.js";

export const libvers = ["earliest", "default"] as const;
export type LibVer = (typeof libvers)[number];

export const contiguous = ["contiguous", "words"] as const;
export const chunked = ["chunked", "filtered", "sentences"] as const;

export function sample(libver: LibVer): Uint8Array {
  const file = createSync(undefined, { libver });
  const numbers = Int32Array.from({ length: 40 }, (_, index) => index);
  const words = Array.from({ length: 40 }, (_, index) => `word ${index}`);
  file.createDatasetSync("contiguous", { data: numbers });
  file.createDatasetSync("words", { data: words });
  file.createDatasetSync("chunked", { data: numbers, maxShape: [null], chunks: [64] });
  file.createDatasetSync("filtered", { data: numbers, maxShape: [null], chunks: [64], filters: ["deflate"] });
  file.createDatasetSync("sentences", { data: words, maxShape: [null], chunks: [64] });
  for (let index = 0; index < 20; index++) file.createGroupSync(`group/child${index}`);
  // Space that nothing has any more.
  file.createDatasetSync("gone", { data: new Uint8Array(4096) });
  file.flushSync();
  file.deleteSync("gone");
  file.closeSync();
  return file.bytes();
}

export function datasetIn(file: HDF5File, name: string): Dataset {
  const object = file.getSync(name);
  if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
  return object;
}

/** The file in which the data of a dataset, or its first chunk, are said to lie elsewhere. */
export function moved(bytes: Uint8Array, name: string, address: number): Uint8Array {
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
export function look(file: HDF5File, name: string): void {
  for (const { object, path } of file.visitSync()) {
    if (object?.kind === "dataset" && path !== `/${name}`) object.readSync();
  }
}
