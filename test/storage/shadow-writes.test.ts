import fc from "fast-check";
import { expect, test } from "vitest";
import { gatheredLength, ShadowWrites } from "../../src/format/storage/shadow-writes.js";

const space = 4096;

/** Blocks at any place of a small space, and gaps of which it is said that nothing will be there. */
const steps = fc.array(
  fc.record({
    offset: fc.nat(space - 300),
    length: fc.integer({ min: 0, max: 300 }),
    adjoins: fc.boolean(),
    skips: fc.nat(60),
  }),
  { maxLength: 40 },
);

test("what is written is what was added last at each place", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const shadows = new ShadowWrites();
      const expected = new Uint8Array(space * 4);
      let value = 0;
      let end = 0;
      for (const { offset, length, adjoins, skips } of list) {
        // Only what no block will ever take is skipped.
        const isNew = adjoins && end + skips + length < space * 4;
        if (isNew) shadows.skip(end, skips);
        const at = isNew ? end + skips : offset;
        const bytes = new Uint8Array(length).fill(++value % 255 || 1);
        shadows.add(at, bytes);
        expected.set(bytes, at);
        end = Math.max(end, at + length);
        bytes.fill(0);
      }
      const written = new Uint8Array(space * 4);
      const writes = shadows.pending();
      for (const write of writes) written.set(write.bytes, write.offset);
      expect(Buffer.compare(written, expected)).toBe(0);
      // They stay until they are confirmed.
      expect(shadows.pending()).toEqual(writes);
      shadows.confirm(writes.length);
      expect(shadows.isEmpty).toBe(true);
      expect(shadows.pending()).toEqual([]);
    }),
  );
});

test("blocks that touch become one write, long ones stay as they are", () => {
  const shadows = new ShadowWrites();
  shadows.add(1000, Uint8Array.of(1, 2, 3));
  shadows.skip(1003, 5);
  shadows.add(1008, Uint8Array.of(4));
  shadows.add(1001, Uint8Array.of(9));
  const long = new Uint8Array(gatheredLength + 1);
  shadows.add(1009, long);
  shadows.add(1009 + long.length, Uint8Array.of(5));
  expect(shadows.bytes).toBe(6 + long.length);
  expect(shadows.mayOverlap(999, 1)).toBe(false);
  expect(shadows.mayOverlap(1003, 1)).toBe(true);
  const writes = shadows.pending();
  expect(writes.map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
    [1000, 9],
    [1009, long.length],
    [1009 + long.length, 1],
  ]);
  expect([...writes[0].bytes]).toEqual([1, 9, 3, 0, 0, 0, 0, 0, 4]);
  expect(writes[1].bytes).toBe(long);
});

test("a gap that is not said to be empty is not written", () => {
  const shadows = new ShadowWrites();
  shadows.add(0, Uint8Array.of(1));
  shadows.add(8, Uint8Array.of(2));
  expect(shadows.pending().map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
    [0, 1],
    [8, 1],
  ]);
});

test("what is added while writes are under way stays when they are confirmed", () => {
  const shadows = new ShadowWrites();
  shadows.add(0, Uint8Array.of(1));
  const writes = shadows.pending();
  shadows.add(0, Uint8Array.of(2));
  shadows.add(1, Uint8Array.of(3));
  shadows.confirm(writes.length);
  expect(shadows.bytes).toBe(2);
  expect(shadows.pending()).toEqual([{ offset: 0, bytes: Uint8Array.of(2, 3) }]);
});

test("what is dropped is not written, whatever it was joined with", () => {
  const range = fc.record({ offset: fc.nat(space), length: fc.nat(400) });
  fc.assert(
    fc.property(fc.array(fc.tuple(range, fc.boolean()), { maxLength: 30 }), (list) => {
      const shadows = new ShadowWrites();
      const expected = new Uint8Array(space * 2);
      list.forEach(([{ offset, length }, drops], index) => {
        const bytes = new Uint8Array(length).fill(drops ? 0 : 1 + index);
        if (drops) shadows.drop(offset, length);
        else shadows.add(offset, bytes);
        expected.set(bytes, offset);
      });
      const written = new Uint8Array(space * 2);
      for (const write of shadows.pending()) {
        expect(write.bytes.length).toBeGreaterThan(0);
        written.set(write.bytes, write.offset);
      }
      expect(Buffer.compare(written, expected)).toBe(0);
    }),
  );
});
