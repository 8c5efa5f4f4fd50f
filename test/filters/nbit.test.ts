import { beforeAll, describe, expect, it } from "vitest";
import { bitPackedDecoders, nbitFilter } from "../../src/format/filters/bit-packed.js";
import { unfilter } from "../../src/format/filters/unfilter.js";

function decode(bytes: Uint8Array, clientData: readonly number[]): Uint8Array {
  const pipeline = { version: 2, filters: [{ id: nbitFilter.id, name: "", optional: true, clientData }] } as const;
  return unfilter(pipeline, bytes, 0, bytes.length);
}

beforeAll(() => bitPackedDecoders.load());

describe("n-bit data of classes without padding bits", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6);

  it("stay as they are where the client data describe no element", () => {
    expect(decode(bytes, [3, 1, 2])).toEqual(bytes);
  });

  it("want a description of the element otherwise", () => {
    expect(() => decode(bytes, [3, 0, 2])).toThrow(/ends early/);
    expect(() => decode(bytes, [4, 1, 2])).toThrow(/do not agree/);
  });
});
