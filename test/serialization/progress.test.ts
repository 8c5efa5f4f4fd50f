import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ndarray } from "../../src/format/index.js";
import { Persistable, type Progress, property } from "../../src/serialization/index.js";

const directory = mkdtempSync(join(tmpdir(), "progress-"));
afterAll(() => rmSync(directory, { recursive: true }));

class Box extends Persistable.define("progress.Box", {
  small: property.array("int32"),
  large: property.array("float64", { filters: ["deflate"] }),
  wide: property.array("int16"),
  words: property.array("string"),
  waves: property.array("complex128"),
}) {}

const rows = Array.from({ length: 300 }, (_, row) => Int16Array.from({ length: 20_000 }, (__, column) => row ^ column));
const wide = Int16Array.from(rows.flatMap((row) => [...row]));
const box = new Box({
  small: [1, 2, 3],
  large: Float64Array.from({ length: 2_000_003 }, (_, index) => index % 1000),
  wide: { ...ndarray(wide), shape: [300, 20_000], stride: [20_000, 1] },
  words: ["a", "b"],
});

describe("progress", () => {
  it.each([true, false])("is told by bytes, within datasets too (synchronously: %s)", async (sync) => {
    const path = join(directory, `box-${sync}.hdf5`);
    const saved: Progress[] = [];
    const loaded: Progress[] = [];
    if (sync) box.saveSync(path, { onProgress: (progress) => saved.push(progress) });
    else await box.save(path, { onProgress: (progress) => saved.push(progress) });
    const options = { onProgress: (progress: Progress) => loaded.push(progress) };
    const again = sync ? Box.loadSync(path, options) : await Box.load(path, options);
    expect(again.equals(box)).toBe(true);
    for (const told of [saved, loaded]) {
      const [{ total }] = told as [Progress];
      expect(total).toBeGreaterThan(28_000_000);
      expect(told.at(-1)?.loaded).toBe(total);
      expect(told.length).toBeGreaterThan(7);
      let before = 0;
      for (const { loaded: now, total: all } of told) {
        expect(all).toBe(total);
        expect(now).toBeGreaterThanOrEqual(before);
        // A chunk may have more than is told at a time.
        expect(now - before).toBeLessThan(9_000_000);
        before = now;
      }
      expect(new Set(told.map(({ path: place }) => place))).toContain("/root/large");
    }
  });

  it("stops what it is told of where the callback fails or the signal is aborted in the middle", async () => {
    const path = join(directory, "stopped.hdf5");
    await new Box({ small: [7] }).save(path);
    const controller = new AbortController();
    let calls = 0;
    const stop = (): void => {
      if (++calls === 3) controller.abort();
    };
    await expect(box.save(path, { onProgress: stop, signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(calls).toBe(3);
    expect((await Box.load(path)).small?.data).toEqual(Int32Array.of(7));
    await box.save(path);
    calls = 0;
    const failing = (): void => {
      if (++calls === 3) throw new Error("enough");
    };
    await expect(Box.load(path, { onProgress: failing })).rejects.toMatchObject({ code: "aborted" });
  });
});
