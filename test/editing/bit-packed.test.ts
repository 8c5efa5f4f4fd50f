/** h5py's datasets that are packed by n-bit and scale-offset, edited here and judged by h5py. */

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { slice } from "../../src/format/index.js";
import { dataset, faces } from "./faces.js";
import { hasJudge, python, scratch, withFile } from "./judge.js";

const makeFile = `
import sys
from h5py import h5d, h5s, h5t
sys.path.insert(0, directory)
from libhdf5 import HID, call

def packed(f, name, stored, shape, data):
    dcpl = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    dcpl.set_chunk((4, 3)[: len(shape)])
    call("H5Pset_nbit", HID(dcpl.id))
    dcpl.set_fletcher32()
    space = h5s.create_simple(shape, (h5s.UNLIMITED,) * len(shape))
    h5py.Dataset(h5d.create(f.id, name, stored, space, dcpl)).id.write(h5s.ALL, h5s.ALL, data)

with h5py.File(path, "w") as f:
    base = np.arange(70).reshape(10, 7)
    options = {"chunks": (4, 3), "maxshape": (None, None)}
    f.create_dataset("i2", data=(base * 3 - 40).astype("<i2"), scaleoffset=0, fillvalue=-40, **options)
    f.create_dataset("u8", data=(base + 2**63).astype(">u8"), scaleoffset=0, shuffle=True, **options)
    f.create_dataset("bits", data=base.astype("u4"), scaleoffset=7, **options)
    f.create_dataset("f4", data=(base / 8).astype("<f4"), scaleoffset=3, fillvalue=-1, **options)
    f.create_dataset("f8", data=(base / 8).astype(">f8"), scaleoffset=3, compression="gzip", **options)
    f.create_dataset("empty", (10, 7), "i4", scaleoffset=0, fillvalue=9, **options)
    twelve = h5t.STD_I32BE.copy()
    twelve.set_precision(12)
    twelve.set_offset(3)
    packed(f, b"twelve", twelve, (10, 7), base - 35)
    pair = h5t.create(h5t.COMPOUND, 9)
    pair.insert(b"x", 0, twelve)
    pair.insert(b"y", 5, h5t.IEEE_F32LE)
    rows = np.array([(i, i / 2) for i in range(10)], [("x", "<i4"), ("y", "<f4")])
    packed(f, b"rows", pair, (10,), rows)
`;

const seenByH5py = `
# JSON has no NaN.
numbers = {name: np.nan_to_num(f[name][...], nan=-99).tolist() for name in ("i2", "u8", "bits", "f4", "f8", "empty", "twelve")}
result = [numbers, [list(row) for row in f["rows"][...].tolist()]]`;

/** The original values, \`base\`, changed by a function. */
function table(rows: number, value: (index: number, row: number, column: number) => number): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: 7 }, (_, column) => value(row * 7 + column, row, column)),
  );
}

describe.skipIf(!hasJudge).each(faces)("bit-packed chunks of h5py ($name)", (face) => {
  it("are changed in part, grown and added to", async () => {
    const path = scratch(`bit-packed-${face.name}.h5`);
    const directory = fileURLToPath(new URL("../property/", import.meta.url));
    await python(makeFile, { path, directory });
    const file = await face.open(path, { mode: "r+" });
    const at = [slice(3, 5), slice(2, 4)] as const;
    await face.write(
      await dataset(face, file, "i2"),
      [
        [-40, -32768],
        [32767, 5],
      ],
      [...at],
    );
    await face.write(
      await dataset(face, file, "u8"),
      [
        [1n, 2n ** 64n - 1n],
        [2n ** 63n, 0n],
      ],
      [...at],
    );
    await face.write(
      await dataset(face, file, "bits"),
      [
        [1, 2],
        [3, 4],
      ],
      [...at],
    );
    await face.write(
      await dataset(face, file, "f4"),
      [
        [-1, 100.125],
        [-7.5, 0],
      ],
      [...at],
    );
    await face.write(
      await dataset(face, file, "f8"),
      [
        [Number.NaN, 1e300],
        [-7.5, 0],
      ],
      [...at],
    );
    await face.write(
      await dataset(face, file, "empty"),
      [
        [9, 1],
        [2, 3],
      ],
      [...at],
    );
    const twelve = await dataset(face, file, "twelve");
    await face.write(
      twelve,
      [
        [2047, -2048],
        [0, -1],
      ],
      [...at],
    );
    await face.append(await dataset(face, file, "i2"), [[1, 2, 3, 4, 5, 6, 7]]);
    const rows = await dataset(face, file, "rows");
    await face.write(rows, [{ x: -7, y: 0.25 }], [slice(5, 6)]);
    await face.append(rows, [{ x: 8, y: -1 }]);
    expect(await face.read(twelve, [3, 2])).toBe(2047);
    await face.close(file);

    const changed = <Value>(values: Value[][], changes: readonly Value[]): Value[][] => {
      changes.forEach((change, index) => {
        values[3 + (index >> 1)][2 + (index & 1)] = change;
      });
      return values;
    };
    const [numbers, pairs] = (await withFile(path, '"r"', seenByH5py)) as [Record<string, number[][]>, number[][]];
    const grown = table(11, (index, row, column) => (row === 10 ? column + 1 : index * 3 - 40));
    expect(numbers["i2"]).toEqual(changed(grown, [-40, -32768, 32767, 5]));
    // Beyond 2^53, JSON's numbers are rounded.
    expect(numbers["u8"]).toEqual(
      changed(
        table(10, (index) => index + 2 ** 63),
        [1, 2 ** 64, 2 ** 63, 0],
      ),
    );
    expect(numbers["bits"]).toEqual(
      changed(
        table(10, (index) => index),
        [1, 2, 3, 4],
      ),
    );
    expect(numbers["empty"]).toEqual(
      changed(
        table(10, () => 9),
        [9, 1, 2, 3],
      ),
    );
    expect(numbers["twelve"]).toEqual(
      changed(
        table(10, (index) => index - 35),
        [2047, -2048, 0, -1],
      ),
    );
    expect(pairs).toEqual([
      ...Array.from({ length: 10 }, (_, index) => (index === 5 ? [-7, 0.25] : [index, index / 2])),
      [8, -1],
    ]);
    const eighths = table(10, (index) => index / 8);
    for (const [name, changes] of Object.entries({ f4: [-1, 100.125, -7.5, 0], f8: [Number.NaN, 1e300, -7.5, 0] })) {
      const wanted = changed(structuredClone(eighths), changes).flat();
      numbers[name].flat().forEach((value, index) => {
        if (Number.isNaN(wanted[index])) expect(value).toBe(-99);
        else expect(Math.abs(value - wanted[index])).toBeLessThanOrEqual(0.001);
      });
    }
  });
});
