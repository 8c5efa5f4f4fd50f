import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LateWrites } from "../../src/format/storage/late-writes.js";

const extent = 2100;

const range = fc
  .tuple(fc.nat(extent - 1), fc.integer({ min: 1, max: 700 }))
  .map(([offset, length]) => ({ offset, length: Math.min(length, extent - offset) }));

const step = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), range, value: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant("drop" as const), range }),
  fc.constant({ kind: "begin" as const }),
  fc.constant({ kind: "keep" as const }),
  fc.constant({ kind: "giveUp" as const }),
);

/** The device as it is when the writes have reached it; zeros elsewhere. */
function written(late: LateWrites): Uint8Array {
  const device = new Uint8Array(extent);
  for (const { offset, bytes } of late.pending()) device.set(bytes, offset);
  return device;
}

describe("writes that wait for the commit", () => {
  it("are those that were added last and not dropped, in as few runs as possible", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const late = new LateWrites();
        let model = new Uint8Array(extent);
        let before: Uint8Array<ArrayBuffer> | null = null;
        for (const action of steps) {
          switch (action.kind) {
            case "add":
              late.add(action.range.offset, new Uint8Array(action.range.length).fill(action.value));
              model.fill(action.value, action.range.offset, action.range.offset + action.range.length);
              break;
            case "drop":
              late.drop(action.range.offset, action.range.length);
              model.fill(0, action.range.offset, action.range.offset + action.range.length);
              break;
            case "begin":
              late.beginChange();
              before = model.slice();
              break;
            case "keep":
              late.keepChange();
              before = null;
              break;
            case "giveUp":
              late.giveUpChange();
              if (before !== null) model = before;
              before = null;
              break;
          }
          expect(Buffer.compare(written(late), model)).toBe(0);
          expect(late.isEmpty).toBe(!model.some((byte) => byte !== 0));
          const read = new Uint8Array(extent);
          late.overlay(0, read);
          expect(Buffer.compare(read, model)).toBe(0);
          const part = new Uint8Array(600);
          late.overlay(500, part);
          expect(Buffer.compare(part, model.subarray(500, 1100))).toBe(0);
        }
        const writes = late.pending();
        for (let index = 1; index < writes.length; index++) {
          const { offset, bytes } = writes[index - 1];
          expect(writes[index].offset).toBeGreaterThan(offset + bytes.length);
        }
        late.clear();
        expect(late.pending()).toEqual([]);
      }),
    );
  });

  it("take memory by what they cover, not by their number", () => {
    const late = new LateWrites();
    for (let time = 0; time < 10_000; time++) late.add(1000, Uint8Array.of(time & 255, 1, 2));
    expect(late.bytes).toBeLessThan(4096);
  });
});
