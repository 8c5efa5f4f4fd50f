import { describe, expect, it } from "vitest";
import type { DType, Limits } from "../../src/format/index.js";
import { createSync, HDF5Error, openSync } from "../../src/format/index.js";
import { requireProportion } from "../../src/format/objects/read-bounds.js";
import { decodeAll, MissingBytes } from "../../src/format/storage/storage.js";
import { ByteWriter } from "../../src/format/structures/byte-writer.js";
import { openFractalHeap } from "../../src/format/structures/fractal-heap.js";
import { buildFractalHeap, linkHeapParameters } from "../../src/format/structures/fractal-heap-builder.js";
import { encodeLink } from "../../src/format/structures/messages/link.js";
import { encodeLinkInfo } from "../../src/format/structures/messages/link-info.js";
import { MessageType } from "../../src/format/structures/messages/message-types.js";
import type { NewMessage } from "../../src/format/structures/object-header.js";
import { encodeObjectHeaderV2 } from "../../src/format/structures/object-header.js";
import { softLink } from "../dense/dense-file.js";
import { bareContext, FileBuilder, hasH5py, python, readScratch } from "../structures/support.js";

/** What is still fast on a busy machine, and would not be if the work grew with the square of the file. */
const patience = 5000;

/** Runs `action`, which must be over soon. */
function soon<Result>(action: () => Result): Result {
  const started = performance.now();
  try {
    return action();
  } finally {
    expect(performance.now() - started).toBeLessThan(patience);
  }
}

/** The code of the error that `action` ends with. */
function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(HDF5Error);
    return (error as HDF5Error).code;
  }
  return "none";
}

function indexesOf(bytes: Uint8Array, name: string): number[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: number[] = [];
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) found.push(at);
  return found;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

describe("damage that asks for much more than the file holds", () => {
  it("names of a local heap that lie within one long name", () => {
    const file = createSync(undefined, { libver: "earliest" });
    const long = "n".repeat(30_000);
    file.createSoftLinkSync(long, "/");
    for (let index = 0; index < 400; index++) file.createSoftLinkSync(`link ${index}`, "/");
    file.flushSync();
    const bytes = file.bytes();
    file.closeSync();
    const [heap] = indexesOf(bytes, "HEAP");
    const view = viewOf(bytes);
    const data = Number(view.getBigUint64(heap + 24, true));
    const longName = indexesOf(bytes, long)[0] - data;
    expect(openSync(bytes).keysSync()).toHaveLength(401);
    let patched = 0;
    for (const node of indexesOf(bytes, "SNOD")) {
      for (let entry = 0; entry < view.getUint16(node + 6, true); entry++) {
        view.setBigUint64(node + 8 + 40 * entry, BigInt(longName + patched++), true);
      }
    }
    expect(patched).toBe(401);
    expect(codeOf(() => soon(() => openSync(bytes).keysSync()))).toBe("corrupt");
  });

  it("soft links whose long targets lead through soft links", () => {
    const file = createSync();
    const group = file.createGroupSync("g");
    group.createHardLinkSync("g", group);
    for (let index = 0; index < 60; index++) {
      group.createSoftLinkSync(`s${index}`, `${"g/".repeat(5_000)}s${index + 1}`);
    }
    file.flushSync();
    const read = openSync(file.bytes());
    expect(codeOf(() => soon(() => read.getSync("g/s0")))).toBe("limit");
    expect(read.getSync(`g/${"g/".repeat(2_000)}g`).kind).toBe("group");
  });

  it("nested variable-length data that refer to themselves", () => {
    let dtype: DType = "uint8";
    for (let depth = 0; depth < 9; depth++) dtype = { kind: "variable-length", base: dtype };
    let value: unknown = [1, 2, 3];
    for (let depth = 1; depth < 9; depth++) value = new Array<unknown>(depth === 4 ? 100 : 1).fill(value);
    const file = createSync();
    file.createDatasetSync("nested", { dtype, data: [value], shape: [1] });
    file.flushSync();
    const bytes = file.bytes();
    expect(soon(() => openSync(bytes).getSync("nested")).kind).toBe("dataset");
    const view = viewOf(bytes);
    let patched = 0;
    for (const collection of indexesOf(bytes, "GCOL")) {
      const end = collection + Number(view.getBigUint64(collection + 8, true));
      for (let at = collection + 16; at + 16 <= end; ) {
        const index = view.getUint16(at, true);
        const length = Number(view.getBigUint64(at + 8, true));
        if (index === 0) break;
        if (length === 1600) {
          for (let element = 0; element < 100; element++) {
            const start = at + 16 + 16 * element;
            view.setUint32(start, 100, true);
            view.setBigUint64(start + 4, BigInt(collection), true);
            view.setUint32(start + 12, index, true);
          }
          patched++;
        }
        at += 16 + Math.ceil(length / 8) * 8;
      }
    }
    expect(patched).toBe(1);
    const read = openSync(bytes).getSync("nested");
    if (read.kind !== "dataset") throw new Error("expected a dataset");
    expect(codeOf(() => soon(() => read.readSync()))).toMatch(/corrupt|limit/);
  });

  it("objects of a fractal heap that lie upon each other", () => {
    let end = 8;
    const objects = Array.from({ length: 4 }, (_, index) => new Uint8Array(300).fill(index));
    const sizes = { offsetSize: 8, lengthSize: 8 };
    const parameters = { ...linkHeapParameters, idLength: 30, maxManagedSize: 200 };
    const built = buildFractalHeap(objects, parameters, sizes, (size) => {
      end += size;
      return end - size;
    });
    const bytes = new Uint8Array(end);
    for (const block of built.blocks) bytes.set(block.bytes, block.address);
    const open = () => openFractalHeap(bareContext(bytes), built.address, (_pipeline, stored) => stored);
    expect(open().objects(built.heapIds)).toEqual(objects);
    const overlapping = Array.from({ length: 200 }, (_, index) => {
      const id = built.heapIds[0].slice();
      viewOf(id).setBigUint64(1, BigInt(index % 8), true);
      viewOf(id).setBigUint64(9, BigInt(bytes.length - 8), true);
      return id;
    });
    expect(codeOf(() => open().objects(overlapping))).toBe("corrupt");
  });

  it.runIf(hasH5py)("attributes that share one large datatype", () => {
    python(`
with h5py.File("many.h5", "w", libver="latest") as f:
    f["type"] = np.dtype([(f"member {i}", "<i4") for i in range(100)])
    for i in range(40): f.attrs.create(f"a{i}", np.zeros((), f["type"].dtype), dtype=f["type"])
`);
    const file = openSync(readScratch("many.h5"));
    expect(soon(() => file.attrs.infosSync())).toHaveLength(40);
    const [first, second] = file.attrs.infosSync();
    expect(first.datatype).toBe(second.datatype);
  });
});

describe("what a read costs", () => {
  it("grows with the number of compact links, not with its square", () => {
    const builder = new FileBuilder({ version: 2 });
    const links = Array.from({ length: 3000 }, (_, index) => softLink(`link ${index}`, "/"));
    const encoded = (type: number, encode: (writer: ByteWriter) => void): NewMessage => {
      const writer = new ByteWriter(builder.superblock, 64);
      encode(writer);
      return { type, flags: 0, data: writer.finish() };
    };
    const info = {
      maxCreationOrder: null,
      creationOrderIndexed: false,
      heapAddress: null,
      nameIndexAddress: null,
      creationOrderIndexAddress: null,
    };
    const messages = [
      encoded(MessageType.LinkInfo, (writer) => encodeLinkInfo(writer, info)),
      ...links.map((link) => encoded(MessageType.Link, (writer) => encodeLink(writer, link))),
    ];
    const rootAddress = builder.put(
      encodeObjectHeaderV2({ messages, tracksAttributeOrder: false, indexesAttributeOrder: false }),
    );
    const file = openSync(builder.finish({ rootAddress }));
    expect(file.keysSync()).toHaveLength(3000);
    const again = openSync(builder.finish({ rootAddress }));
    soon(() => {
      for (const { name } of links) expect(again.linkSync(name).kind).toBe("soft");
    });
  });

  it("does not depend on chunks that are not stored", () => {
    const file = createSync();
    const sparse = file.createDatasetSync("sparse", {
      dtype: "uint8",
      shape: [4000, 4000],
      chunks: [1, 1],
      maxShape: [null, null],
      fillValue: 7,
    });
    sparse.writeSync(Uint8Array.of(9), [2000, 3000]);
    file.flushSync();
    const read = openSync(file.bytes()).getSync("sparse");
    if (read.kind !== "dataset") throw new Error("expected a dataset");
    const { data } = soon(() => read.readSync()) as unknown as { readonly data: Uint8Array };
    expect(data).toHaveLength(16_000_000);
    expect(data[2000 * 4000 + 3000]).toBe(9);
    expect(data.reduce((sum, value) => sum + value, 0)).toBe(7 * 15_999_999 + 9);
    const part = read.readSync([
      { start: 1000, stop: 3001, step: 500 },
      { start: 0, stop: 3001, step: 1000 },
    ]);
    expect((part as unknown as { readonly data: Uint8Array }).data).toEqual(
      Uint8Array.from({ length: 20 }, (_, index) => (index === 2 * 4 + 3 ? 9 : 7)),
    );
  });

  it("is bounded by the limits that the caller sets", () => {
    const file = createSync();
    const options = { dtype: "uint8", maxShape: [null], chunks: [100_000], filters: ["deflate"] } as const;
    file.createDatasetSync("short", { ...options, data: new Uint8Array(10).fill(1) });
    file.createDatasetSync("long", { ...options, data: new Uint8Array(100_000).fill(1) });
    file.flushSync();
    const bytes = file.bytes();
    const read = (path: string, limits: Partial<Limits>): unknown => {
      const dataset = openSync(bytes, { limits }).getSync(path);
      if (dataset.kind !== "dataset") throw new Error("expected a dataset");
      return dataset.readSync();
    };
    expect(codeOf(() => read("short", {}))).toBe("none");
    expect(codeOf(() => read("short", { chunkBytes: 50_000 }))).toBe("limit");
    expect(codeOf(() => read("long", { chunkBytes: 50_000 }))).toBe("none");
    expect(codeOf(() => read("long", { readBytes: 50_000 }))).toBe("limit");
    expect(codeOf(() => read("long", { readBytes: undefined }))).toBe("none");
    expect(codeOf(() => read("long", { readBytes: -1 }))).toBe("invalid-argument");
    expect(codeOf(() => read("long", { depth: Number.NaN }))).toBe("invalid-argument");
  });

  it("is bounded where chunks share their bytes", () => {
    const limit = 1 << 28;
    const proportion = (stored: number, decoded: number, wanted: number, fileSize: number) => () =>
      requireProportion({ stored, decoded, wanted }, fileSize, limit);
    expect(codeOf(proportion(1e6, 1e9, 8000, 1e6))).toBe("none");
    expect(codeOf(proportion(50e9, 100e9, 8000, 60e9))).toBe("none");
    expect(codeOf(proportion(20e3, 300e9, 300e9, 60e3))).toBe("none");
    expect(codeOf(proportion(20e3, 300e9, 20e3, 60e3))).toBe("limit");
    expect(codeOf(proportion(20e9, 20e3, 20e3, 1e6))).toBe("corrupt");
  });

  it("collects any number of missing ranges", () => {
    const ranges = Array.from({ length: 300_000 }, (_, offset) => ({ offset, length: 1 }));
    const miss = (): never => {
      throw new MissingBytes(ranges);
    };
    let thrown: unknown;
    try {
      decodeAll([1, 2], miss);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(MissingBytes);
    expect((thrown as MissingBytes).ranges).toHaveLength(600_000);
  });
});
