import { describe, expect, it } from "vitest";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";
import { PatchedDevice } from "../../src/format/storage/patched-device.js";
import { ByteWriter } from "../../src/format/structures/byte-writer.js";
import { lookup3 } from "../../src/format/structures/checksum.js";
import { decodeCacheImage } from "../../src/format/structures/metadata-cache-image.js";
import { bareContext } from "../structures/support.js";

interface Entry {
  readonly address: number;
  readonly bytes: readonly number[];
  readonly parents?: number;
}

function imageOf(
  entries: readonly Entry[],
  changes: { readonly count?: number; readonly version?: number } = {},
): Uint8Array {
  const length = 18 + 4 + entries.reduce((sum, { bytes, parents = 0 }) => sum + 30 + 8 * parents + bytes.length, 0);
  const writer = new ByteWriter({ offsetSize: 8, lengthSize: 8 }, length);
  writer.bytes(new TextEncoder().encode("MDCI"));
  writer.u8(changes.version ?? 0);
  writer.u8(0);
  writer.u64(length);
  writer.u32(changes.count ?? entries.length);
  for (const { address, bytes, parents = 0 } of entries) {
    writer.u32(0);
    writer.u16(0);
    writer.u16(0);
    writer.u16(parents);
    writer.u32(0xffffffff);
    writer.address(address);
    writer.lengthField(bytes.length);
    for (let parent = 0; parent < parents; parent++) writer.address(0);
    writer.bytes(Uint8Array.from(bytes));
  }
  writer.u32(lookup3(writer.written()));
  return writer.finish().slice();
}

const decode = (bytes: Uint8Array, size = bytes.length) =>
  decodeCacheImage(bareContext(bytes), { address: 0, size }, 0);

describe("a metadata cache image", () => {
  it("has structures in the order of their addresses", () => {
    const image = imageOf([
      { address: 90, bytes: [1, 2, 3], parents: 2 },
      { address: 10, bytes: [4] },
    ]);
    expect(decode(image)).toEqual([
      { address: 10, bytes: Uint8Array.of(4) },
      { address: 90, bytes: Uint8Array.of(1, 2, 3) },
    ]);
  });

  it("is refused where it is damaged", () => {
    const image = imageOf([{ address: 10, bytes: [4] }]);
    for (let length = 0; length < image.length; length++) {
      expect(() => decode(image.slice(0, length))).toThrow(expect.objectContaining({ code: "corrupt" }));
    }
    expect(() => decode(image, image.length + 1)).toThrow(expect.objectContaining({ code: "corrupt" }));
    const flipped = image.slice();
    flipped[40] ^= 1;
    expect(() => decode(flipped)).toThrow(/checksum/);
    expect(() => decode(imageOf([], { count: 0xffffffff }))).toThrow(/do not fit/);
    expect(() => decode(imageOf([], { version: 1 }))).toThrow(expect.objectContaining({ code: "unsupported" }));
    const overlapping = [
      { address: 10, bytes: [1, 2, 3] },
      { address: 12, bytes: [4] },
    ];
    expect(() => decode(imageOf(overlapping))).toThrow(/overlap/);
  });

  it("stands for the bytes of the file", async () => {
    const base = new MemoryDevice(Uint8Array.from({ length: 8 }, (_, index) => index));
    const device = new PatchedDevice(base, [
      { offset: 1, bytes: Uint8Array.of(101, 102) },
      { offset: 3, bytes: Uint8Array.of(103) },
      { offset: 9, bytes: Uint8Array.of(109) },
    ]);
    const whole = [0, 101, 102, 103, 4, 5, 6, 7, 0, 109];
    expect(device.size).toBe(10);
    for (let from = 0; from <= 10; from++) {
      for (let to = from; to <= 10; to++) {
        const target = new Uint8Array(to - from).fill(9);
        device.readSync?.(from, target);
        expect([...target]).toEqual(whole.slice(from, to));
        const later = new Uint8Array(to - from).fill(9);
        await device.read(from, later);
        expect([...later]).toEqual(whole.slice(from, to));
      }
    }
  });
});
