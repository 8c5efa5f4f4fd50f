import { describe, expect, it } from "vitest";
import { decodeVirtualMappings } from "../../src/format/selection/virtual-mapping.js";
import { lookup3 } from "../../src/format/structures/checksum.js";

const sizes = { offsetSize: 8, lengthSize: 8 };
const all = [3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const text = (value: string): number[] => [...new TextEncoder().encode(value), 0];
const u64 = (value: number): number[] => [...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)];

function block(version: number, count: number, fields: readonly number[]): Uint8Array {
  const content = Uint8Array.from([version, ...u64(count), ...fields]);
  const bytes = new Uint8Array(content.length + 4);
  bytes.set(content);
  new DataView(bytes.buffer).setUint32(content.length, lookup3(content), true);
  return bytes;
}

const names = (bytes: Uint8Array) => decodeVirtualMappings(bytes, 0, sizes).map(({ file, dataset }) => [file, dataset]);

describe("version 1 of the mappings of a virtual dataset", () => {
  // As HDF5 2.0 writes it: flag 1 takes the file's name from an earlier mapping, 2 the dataset's, 4 is the same file.
  it("shares names", () => {
    const fields = [
      [0, ...text("a.h5"), ...text("first")],
      [1, ...u64(0), ...text("second")],
      [2, ...text("b.h5"), ...u64(0)],
      [3, ...u64(2), ...u64(1)],
      [4, ...text("own")],
      [6, ...u64(4)],
    ];
    expect(
      names(
        block(
          1,
          fields.length,
          fields.flatMap((field) => [...field, ...all, ...all]),
        ),
      ),
    ).toEqual([
      ["a.h5", "first"],
      ["a.h5", "second"],
      ["b.h5", "first"],
      ["b.h5", "second"],
      [".", "own"],
      [".", "own"],
    ]);
  });

  it("is refused where it is damaged", () => {
    const corrupt = expect.objectContaining({ code: "corrupt" });
    expect(() => names(block(1, 1, [1, ...u64(0), ...text("d"), ...all, ...all]))).toThrow(corrupt);
    expect(() => names(block(1, 1, [8, ...text("a"), ...text("d"), ...all, ...all]))).toThrow(corrupt);
    expect(() => names(block(1, 2 ** 40, [4, ...text("d"), ...all, ...all]))).toThrow(corrupt);
    expect(() => names(block(0, 2 ** 40, [...text("."), ...text("d"), ...all, ...all]))).toThrow(corrupt);
    expect(() => names(block(2, 0, []))).toThrow(expect.objectContaining({ code: "unsupported" }));
  });
});
