import { describe, expect, it } from "vitest";
import { openSync } from "../../src/format/index.js";
import { hasH5py, python, readScratch, scratchPath } from "../structures/support.js";

describe.skipIf(!hasH5py)("raw fill values", () => {
  it("come with their heap objects, even where no element has the value", async () => {
    python(`
import ctypes, os
from h5py import h5d, h5p, h5s, h5t
path = ${JSON.stringify(scratchPath("fill.h5"))}
with h5py.File(path, "w") as f:
    f["plain"] = [1, 2]
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_chunk((2,))
    text = h5py.string_dtype()
    dcpl.set_fill_value(np.array("nothing yet", dtype=text))
    d = h5py.Dataset(h5d.create(f.id, b"text", h5t.py_create(text, logical=True), h5s.create_simple((2,)), dcpl))
    d[...] = ["a", "b"]
`);
    const file = openSync(readScratch("fill.h5"));
    const text = file.getSync("text");
    const plain = file.getSync("plain");
    if (text.kind !== "dataset" || plain.kind !== "dataset") throw new Error("expected datasets");
    const raw = text.readRawFillValueSync();
    if (raw === null) throw new Error("expected a fill value");
    const view = new DataView(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength);
    const object = raw.heap.object(Number(view.getBigUint64(4, true)), view.getUint32(12, true));
    expect(new TextDecoder().decode(object.subarray(0, view.getUint32(0, true)))).toMatch(/^nothing yet/);
    expect(await text.readRawFillValue()).toEqual(raw);
    expect(plain.readRawFillValueSync()).toBeNull();
  });
});
