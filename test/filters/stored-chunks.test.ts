import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { bitPackedDecoders } from "../../src/format/filters/bit-packed.js";
import { encodePipelineTask } from "../../src/format/filters/encode-pipeline.js";
import { decodePipelineTask } from "../../src/format/filters/pipeline.js";
import type { FilterPipeline } from "../../src/format/structures/messages/filter-pipeline.js";

/** Chunks written by libhdf5 1.10.8, with the bytes it reads back. */
interface StoredChunk {
  readonly name: string;
  readonly filterMask: number;
  readonly filters: readonly { readonly id: number; readonly clientData: readonly number[] }[];
  readonly stored: string;
  readonly data: string;
}

const allChunks = JSON.parse(readFileSync(new URL("./chunks.json", import.meta.url), "utf8")) as StoredChunk[];

/** Here libhdf5 dropped the second member. */
const incomplete = "n-bit compound eg";
const chunks = allChunks.filter((chunk) => chunk.name !== incomplete);

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function pipelineOf(chunk: StoredChunk): FilterPipeline {
  return { version: 2, filters: chunk.filters.map((filter) => ({ ...filter, name: "", optional: true })) };
}

beforeAll(() => bitPackedDecoders.load());

describe("chunks written by libhdf5", () => {
  it.each(chunks)("$name", async (chunk) => {
    const stored = bytesOf(chunk.stored);
    const data = bytesOf(chunk.data);
    const task = decodePipelineTask(pipelineOf(chunk), chunk.filterMask, stored, data.length);
    expect(task.runSync(stored)).toEqual(data);
    expect(await (task.run ?? task.runSync)(stored)).toEqual(data);
    expect(stored).toEqual(bytesOf(chunk.stored));
    // Its place is a part of a result, aligned or not.
    for (const start of [64, 61]) {
      const result = new Uint8Array(data.length + 128).fill(0xa5);
      const place = result.subarray(start, start + data.length);
      const placed = decodePipelineTask(
        pipelineOf(chunk),
        chunk.filterMask,
        { offset: 7, length: 9 },
        data.length,
        0,
        place,
      );
      expect(placed.source).toEqual({ offset: 7, length: 9 });
      expect(placed.runSync(stored)).toBe(place);
      expect(place).toEqual(data);
      place.fill(0xa5);
      expect(await (placed.run ?? placed.runSync)(stored)).toBe(place);
      expect(place).toEqual(data);
      expect(
        [...result.subarray(0, start), ...result.subarray(start + data.length)].every((byte) => byte === 0xa5),
      ).toBe(true);
    }

    // What is read can be written again, without the filters that only decode.
    const encode = encodePipelineTask(pipelineOf(chunk), data);
    const encoded = encode.runSync(data);
    const again = decodePipelineTask(pipelineOf(chunk), encode.filterMask, encoded, data.length);
    expect(again.runSync(encoded)).toEqual(data);
  });

  it.each(chunks)("$name, damaged, is read or refused, and never more", (chunk) => {
    const data = bytesOf(chunk.data);
    const pipeline = pipelineOf(chunk);
    const attempt = (stored: Uint8Array): void => {
      let output: Uint8Array;
      try {
        output = decodePipelineTask(pipeline, chunk.filterMask, stored, data.length).runSync(stored);
      } catch (error) {
        expect((error as { code?: unknown }).code).toMatch(/^(corrupt|unsupported)$/);
        return;
      }
      expect(output.length).toBe(data.length);
    };
    const whole = bytesOf(chunk.stored);
    for (let length = 0; length < whole.length; length += 1 + (whole.length >> 4)) attempt(whole.slice(0, length));
    for (let at = 0; at < whole.length; at += 1 + (whole.length >> 6)) {
      const damaged = whole.slice();
      damaged[at] ^= 1 << (at & 7);
      attempt(damaged);
      damaged[at] = 255;
      attempt(damaged);
    }
  });

  it.each(chunks)("$name, with damaged client data, is read or refused", (chunk) => {
    const stored = bytesOf(chunk.stored);
    const data = bytesOf(chunk.data);
    const { filters } = pipelineOf(chunk);
    for (let index = 0; index < filters.length; index++) {
      const { clientData } = filters[index];
      for (let value = 0; value < Math.min(clientData.length, 32); value++) {
        for (const wrong of [0, 1, clientData[value] + 1, 100, 0xffffffff]) {
          const changed = filters.map((filter, at) =>
            at === index ? { ...filter, clientData: clientData.map((old, n) => (n === value ? wrong : old)) } : filter,
          );
          try {
            const task = decodePipelineTask({ version: 2, filters: changed }, chunk.filterMask, stored, data.length);
            expect(task.runSync(stored).length).toBe(data.length);
          } catch (error) {
            expect((error as { code?: unknown }).code).toMatch(/^(corrupt|unsupported)$/);
          }
        }
      }
    }
  });

  it("refuses n-bit data that libhdf5 stores incompletely", () => {
    const [chunk] = allChunks.filter(({ name }) => name === incomplete);
    const stored = bytesOf(chunk.stored);
    const task = decodePipelineTask(pipelineOf(chunk), 0, stored, bytesOf(chunk.data).length);
    expect(() => task.runSync(stored)).toThrow(
      /n-bit data of members after an array .* incompletely, is not supported/,
    );
  });
});
