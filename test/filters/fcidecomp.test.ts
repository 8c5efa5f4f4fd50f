import { describe, expect, it } from "vitest";
import { fcidecompFilter } from "../../src/filters/fcidecomp.js";
import { decodePipelineTask } from "../../src/format/filters/pipeline.js";
import { findFilterByName, getFilter } from "../../src/format/filters/registry.js";
import { createSync, openSync } from "../../src/format/index.js";
import { failure } from "../support/failure.js";
import { makeImage } from "./jpeg-ls-images.js";

const HEIGHT = 20;
const WIDTH = 30;
const clientData = [2, 1, HEIGHT, WIDTH, 16, 1, 0, 0, 0, 0, 0, 0, 0];
const data = makeImage("ramp", WIDTH, HEIGHT, 1, 16, false);

function encode(input: Uint8Array, values: readonly number[]): Uint8Array {
  const encoded = fcidecompFilter.encode?.(input, values);
  if (encoded === null || encoded === undefined) throw new Error("the chunk was not encoded");
  return encoded;
}

describe("FCIDECOMP", () => {
  it("is registered by importing it", () => {
    expect(getFilter(32018)).toBe(fcidecompFilter);
    expect(findFilterByName("fcidecomp")).toBe(fcidecompFilter);
  });

  it("writes the headers that the reference implementation writes", () => {
    const encoded = encode(data, clientData);
    expect([...encoded.subarray(0, 40)]).toEqual([
      ...[0xff, 0xd8, 0xff, 0xf7, 0, 11, 16, 0, HEIGHT, 0, WIDTH, 1, 1, 0x11, 0],
      ...[0xff, 0xf8, 0, 13, 1, 0xff, 0xff, 0, 18, 0, 67, 1, 20, 0, 64],
      ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0],
    ]);
    const bytes = encode(data.subarray(0, 600), [1, 1, HEIGHT, WIDTH, 8, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect([...bytes.subarray(15, 19)]).toEqual([0xff, 0xda, 0, 8]);
  });

  it("checks the length that the image has", () => {
    const encoded = encode(data, clientData);
    const { length } = data;
    expect(fcidecompFilter.decode(encoded, clientData, length, length)).toEqual(data);
    expect(fcidecompFilter.decode(encoded, [], null, length)).toEqual(data);
    for (const [expected, limit] of [
      [length - 2, length - 2],
      [length + 2, length + 2],
      [null, length - 1],
    ] as const) {
      expect(failure(() => fcidecompFilter.decode(encoded, clientData, expected, limit)).code).toBe("corrupt");
    }
    const pipeline = { version: 2, filters: [{ id: 32018, name: "", optional: true, clientData }] };
    const truncated = encoded.subarray(0, 100);
    const error = failure(() => decodePipelineTask(pipeline, 0, truncated, length).runSync(truncated));
    expect(error.code).toBe("corrupt");
    expect(error.message).toContain("filter 32018 (fcidecomp)");
  });

  it("encodes what its client data describe, and nothing else", () => {
    const small = data.subarray(0, 4 * 5 * 6);
    const three = [1, 3, 5, 6, 8, 3, 0, 0, 0, 0, 0, 0, 0];
    const encodable = [
      three,
      three.with(6, 1),
      three.with(6, 2),
      three.with(7, 3),
      [1, 4, 5, 6, 8, 4, 2, 0, 0, 0, 0, 0, 0],
      [2, 2, 5, 6, 12, 2, 0, 0, 0, 0, 0, 0, 0],
    ];
    for (const values of encodable) {
      const input = small.map((byte, at) => (at % 2 === 1 ? byte & 15 : byte)).subarray(0, values[0] * values[1] * 30);
      const decoded = fcidecompFilter.decode(encode(input, values), values, input.length, input.length);
      const most = input.reduce((largest, byte, at) => Math.max(largest, Math.abs(byte - decoded[at])), 0);
      expect(most).toBeLessThanOrEqual(values[7]);
    }
    const others = [
      [],
      three.slice(1),
      three.with(0, 4),
      three.with(1, 5),
      three.with(4, 16),
      three.with(4, 1),
      three.with(6, 3),
      [1, 1, 3, 5, 8, 1, 0, 0, 0, 0, 0, 0, 0],
      [1, 1, 5, 6, 8, 1, 1, 0, 0, 0, 0, 0, 0],
      [1, 2, 5, 6, 8, 2, 1, 0, 0, 0, 0, 0, 0],
    ];
    for (const values of others) {
      const length = (values[0] ?? 1) * (values[1] ?? 1) * (values[2] ?? 1) * (values[3] ?? 1);
      expect(fcidecompFilter.encode?.(new Uint8Array(length), values)).toBeNull();
    }
    expect(fcidecompFilter.encode?.(data.subarray(2), clientData)).toBeNull();
    // Samples of more than the bits that the client data tell.
    expect(fcidecompFilter.encode?.(data, clientData.with(4, 10))).toBeNull();
  });

  it("makes datasets", () => {
    const image = Int16Array.from({ length: 50 * 70 }, (_, at) => Math.round(3000 * Math.sin(at / 40)) + (at % 3));
    const colors = Uint8Array.from({ length: 3 * 20 * 20 }, (_, at) => (at * at) >> 5);
    const target = createSync();
    target.createDatasetSync("image", { data: image, shape: [50, 70], chunks: [20, 30], filters: ["fcidecomp"] });
    target.createDatasetSync("colors", {
      data: colors,
      shape: [3, 20, 20],
      chunks: [3, 20, 20],
      filters: ["fcidecomp"],
    });
    target.flushSync();
    const file = openSync(target.bytes());
    for (const [name, values, stored] of [
      ["image", image, [2, 1, 20, 30, 16, 1, 0, 0, 0, 0, 0, 0, 0]],
      ["colors", colors, [1, 3, 20, 20, 8, 3, 0, 0, 0, 0, 0, 0, 0]],
    ] as const) {
      const dataset = file.getSync(name);
      if (dataset.kind !== "dataset") throw new Error(`${name} is no dataset`);
      expect(dataset.readSync()).toMatchObject({ data: values });
      expect(dataset.filters).toMatchObject([{ id: 32018, clientData: stored }]);
    }
  });

  it("refuses datasets that it cannot store", () => {
    const target = createSync();
    const create = (options: Parameters<typeof target.createDatasetSync>[1]) =>
      failure(() => target.createDatasetSync("image", { ...options, filters: ["fcidecomp"] })).code;
    expect(create({ data: new Uint8Array(100), chunks: [100] })).toBe("invalid-argument");
    expect(create({ data: new Float32Array(100), shape: [10, 10], chunks: [10, 10] })).toBe("invalid-argument");
    expect(create({ data: new Uint8Array(100), shape: [10, 10], chunks: [3, 5] })).toBe("invalid-argument");
    expect(create({ data: new Uint8Array(500), shape: [5, 10, 10], chunks: [5, 10, 10] })).toBe("invalid-argument");
    expect(create({ data: new Uint8Array(100), shape: [1, 1, 10, 10], chunks: [1, 1, 10, 10] })).toBe(
      "invalid-argument",
    );
  });
});
