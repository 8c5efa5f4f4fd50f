import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corrupt } from "../../src/format/errors.js";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";
import { PageCache } from "../../src/format/storage/page-cache.js";
import { PlacesInUse } from "../../src/format/storage/places-in-use.js";
import { Transaction } from "../../src/format/storage/transaction.js";
import { failure } from "../support/failure.js";

const extent = 400;

const range = fc.tuple(fc.nat(extent + 50), fc.nat(40)).map(([offset, length]) => ({ offset, length }));

const step = fc.record({ kind: fc.constantFrom("note", "ask", "giveBack"), range });

describe("places in use", () => {
  it("are those that were noted and not forgotten, up to the end of the file", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const places = new PlacesInUse(extent);
        const model = new Uint8Array(extent + 100);
        for (const { kind, range: asked } of steps) {
          const { offset, length } = asked;
          const end = offset + length;
          const isUsed = model.subarray(offset, end).includes(1);
          expect(places.overlaps(offset, length)).toBe(isUsed);
          if (kind === "note") {
            places.note(offset, length);
            model.fill(1, offset, Math.max(offset, Math.min(end, extent)));
          } else if (kind === "giveBack" && !isUsed) {
            places.note(offset, length);
            expect(places.overlaps(offset, length)).toBe(length > 0 && offset < extent);
            places.forget(asked);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are few where structures touch, whatever their number and order", () => {
    const places = new PlacesInUse(1e9, 11_000);
    for (let index = 0; index < 20_000; index += 2) places.note(index * 100, 100);
    for (let index = 1; index < 20_000; index += 2) places.note(index * 100, 100);
    for (let index = 0; index < 9000; index++) places.note(1e7 + index * 200, 100);
    expect(places.overlaps(2_000_000, 1e6)).toBe(false);
    expect(places.overlaps(1_999_999, 1)).toBe(true);
    expect(places.isFull).toBe(false);
  });

  it("are not remembered beyond a number, and those known before still are", () => {
    const places = new PlacesInUse(1e9, 3);
    for (const offset of [0, 200, 400]) places.note(offset, 100);
    expect(places.overlaps(450, 1)).toBe(true);
    for (let index = 0; index < 20_000; index++) places.note(1000 + 200 * index, 100);
    expect(places.overlaps(250, 1)).toBe(true);
    expect(places.overlaps(1000 + 200 * 19_999, 1)).toBe(false);
    expect(places.isFull).toBe(true);
  });
});

describe("a transaction", () => {
  const opened = (): Transaction =>
    new Transaction(new PageCache(new MemoryDevice(new Uint8Array(4096)), { budget: 65_536 }), 4096, 4096, "full");

  it("knows what decodes have viewed, by the last look at each place, unless they fail", () => {
    const transaction = opened();
    const decode = transaction.noting(() => {
      transaction.view(100, 34);
      return transaction.view(100, 27).length;
    });
    expect(decode()).toBe(27);
    const failing = transaction.noting(() => {
      transaction.view(200, 50);
      throw corrupt("no structure");
    });
    failure(failing);
    expect(decode()).toBe(27);
    expect(transaction.places.overlaps(100, 27)).toBe(true);
    expect(transaction.places.overlaps(127, 400)).toBe(false);
  });

  it("gives found space back again where the change that did so was given up", () => {
    const transaction = opened();
    for (const isKept of [false, true]) {
      transaction.beginChange();
      expect(transaction.places.overlaps(512, 100), String(isKept)).toBe(false);
      transaction.freeFound(512, 100);
      expect(transaction.places.overlaps(512, 100)).toBe(true);
      if (isKept) transaction.keepChange();
      else transaction.giveUpChange();
    }
    expect(transaction.places.overlaps(512, 100)).toBe(true);
  });
});
