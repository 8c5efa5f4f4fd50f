import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createSync, openSync } from "../../src/format/index.js";
import { hasH5py, python, scratchPath } from "../structures/support.js";

/** Bytes without any pattern. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

describe("chunks that a filter cannot make smaller", () => {
  const data = noise(4096);
  const wide = Int32Array.of(0, 5, 2 ** 30, 7);

  function write(): Uint8Array {
    const file = createSync();
    file.createDatasetSync("lzf", { data, chunks: [1024], filters: ["lzf"] });
    file.createDatasetSync("three bits", { data: wide, chunks: [2], filters: [{ id: "scaleoffset", scaleFactor: 3 }] });
    const insistent = file.createDatasetSync("insistent", {
      dtype: "uint8",
      shape: [1024],
      chunks: [1024],
      filters: [{ id: "lzf", optional: false }],
    });
    expect(() => {
      insistent.writeSync(noise(1024));
      file.flushSync();
    }).toThrowError(expect.objectContaining({ code: "unsupported" }));
    insistent.writeSync(new Uint8Array(1024));
    file.flushSync();
    return file.bytes();
  }

  it("are stored without it", () => {
    const file = openSync(write());
    for (const [path, expected, masks] of [
      ["lzf", data, [1, 1, 1, 1]],
      ["three bits", wide, [0, 1]],
    ] as const) {
      const dataset = file.getSync(path);
      if (dataset.kind !== "dataset") throw new Error("expected a dataset");
      expect(dataset.readSync([null]).data).toEqual(expected);
      const storage = dataset.storageSync();
      if (storage.layout !== "chunked") throw new Error("expected chunks");
      expect(Array.from(storage.chunks, ({ filterMask }) => filterMask)).toEqual(masks);
    }
  });

  it.runIf(hasH5py)("are read by h5py", () => {
    writeFileSync(scratchPath("incompressible.h5"), write());
    const seen = python(`
with h5py.File('incompressible.h5') as f:
    print(json.dumps([f['lzf'][...].tolist(), f['three bits'][...].tolist(), f['insistent'][...].tolist()]))
`);
    expect(seen).toEqual([[...data], [...wide], new Array(1024).fill(0)]);
  });
});
