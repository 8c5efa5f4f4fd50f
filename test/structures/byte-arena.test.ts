import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteArena } from "../../src/format/structures/byte-arena.js";

test("copies keep their bytes, whatever is copied after them", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 60 }), (arrays) => {
      const arena = new ByteArena();
      const copies = arrays.map((bytes) => {
        const given = bytes.slice();
        const copy = arena.copy(given);
        given.fill(255);
        return copy;
      });
      expect(copies.map((copy) => [...copy])).toEqual(arrays.map((bytes) => [...bytes]));
    }),
  );
});

test("long arrays have memory of their own", () => {
  const arena = new ByteArena();
  const short = arena.copy(Uint8Array.of(1));
  expect(arena.copy(new Uint8Array(100_000)).buffer.byteLength).toBe(100_000);
  expect(arena.copy(Uint8Array.of(2)).buffer).toBe(short.buffer);
});
