import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { CompoundArray, NDArray } from "../../src/format/index.js";
import { openSync } from "../../src/format/index.js";
import { hasH5py, python, readScratch, scratchPath } from "../structures/support.js";

const values = [
  1,
  1.5,
  -2.75,
  0,
  -0,
  0.1,
  2 ** 1000,
  -(2 ** -1000),
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

describe.runIf(hasH5py)("h5py's long doubles", () => {
  if (hasH5py) {
    python(`
values = np.array([1, 1.5, -2.75, 0, -0.0, 0.1, 2.0**1000, -2.0**-1000, np.inf, -np.inf, np.nan], np.longdouble)
with h5py.File('long-doubles.h5', 'w') as f:
    f['stored'] = values
    f['exact'] = np.array([1], np.longdouble) + np.longdouble(2)**-60
    one, two = np.longdouble(1), np.longdouble(2)
    odd = np.array([1, one + two**-60, one / 3, -one / 3, one + two**-53, one + 3 * two**-53, one + two**-53 + two**-63,
        two**-1074 / 2, two**-1074 * 3 / 4, two**-1060 / 3, np.longdouble(1.7976931348623157e308) + two**960, np.pi * two**-1030,
        two**-16000], np.longdouble)
    f['odd'] = odd
    f['odd complex'] = np.array([1, one / 3 - 1j * (one / 7)], np.clongdouble)
    f['huge'] = np.array([1, two**2000, -two**2000], np.longdouble)
    rows = np.zeros(3, np.dtype([('n', 'i4'), ('v', np.longdouble, (2,))]))
    rows['v'][1, 1] = one / 3
    f['rows'] = rows
    f.attrs['third'] = one / 3
    with open('long-doubles.json', 'w') as out:
        json.dump({'odd': [float(v).hex() for v in odd], 'complex': [float(one / 3).hex(), float(-one / 7).hex()]}, out)
`);
  }

  it("are read as the numbers they are", () => {
    const file = openSync(readScratch("long-doubles.h5"));
    const stored = file.getSync("stored");
    if (stored.kind !== "dataset") throw new Error("expected a dataset");
    expect(stored.readSync([null]).data).toEqual(Float64Array.of(...values, Number.NaN));
    const exact = file.getSync("exact");
    if (exact.kind !== "dataset") throw new Error("expected a dataset");
    expect(() => exact.readSync()).toThrowError(expect.objectContaining({ code: "unsupported" }));
  });

  const expected = hasH5py ? JSON.parse(new TextDecoder().decode(readScratch("long-doubles.json"))) : {};

  it("are rounded like C rounds them where that is asked for", () => {
    const file = openSync(readScratch("long-doubles.h5"));
    const read = (name: string, options = {}) => {
      const dataset = file.getSync(name);
      if (dataset.kind !== "dataset") throw new Error("expected a dataset");
      return dataset.readSync(null, options);
    };
    const round = { as: "float64", inexact: "round" } as const;
    expect(read("odd", round)).toMatchObject({ data: Float64Array.from(expected.odd, hexFloat), dtype: "float64" });
    const complex = read("odd complex", round) as NDArray<"complex128">;
    const [re, im] = (expected.complex as string[]).map(hexFloat);
    expect([...complex.data]).toEqual([
      { re: 1, im: 0 },
      { re, im },
    ]);
    expect(complex.dtype).toBe("complex128");
    expect(read("rows", { ...round, member: "v" })).toMatchObject({ data: Float64Array.of(0, 0, 0, 1 / 3, 0, 0) });
    expect(file.attrs.getSync("third", round)).toBe(1 / 3);
    expect(() => read("huge", round)).toThrow(/\(element 1\).*overflow: "clamp"/);
    expect(read("huge", { ...round, overflow: "clamp" })).toMatchObject({
      data: Float64Array.of(1, Number.MAX_VALUE, -Number.MAX_VALUE),
    });
    expect(() => read("odd complex", { as: "int32", inexact: "round" })).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("say where the first is that no float64 equals", () => {
    const file = openSync(readScratch("long-doubles.h5"));
    const datasetNamed = (name: string) => {
      const dataset = file.getSync(name);
      if (dataset.kind !== "dataset") throw new Error("expected a dataset");
      return dataset;
    };
    const where = /\(element 1\).* inexact: "round"/;
    expect(() => datasetNamed("odd").readSync()).toThrow(where);
    expect(() => datasetNamed("odd").readSync(null, { as: "float64" })).toThrow(where);
    expect(() => datasetNamed("odd complex").readSync(null, { as: "float64" })).toThrow(where);
    const parts = datasetNamed("odd complex").readSync([null]).data as CompoundArray;
    expect(() => parts.column("r")).toThrow(where);
    expect(() => parts.column("i")).toThrow(where);
  });

  it("are written so that h5py reads them", () => {
    const file = openSync(readScratch("long-doubles.h5"), { mode: "r+" });
    const stored = file.getSync("stored");
    if (stored.kind !== "dataset") throw new Error("expected a dataset");
    const reversed = Float64Array.from([...values, Number.NaN].reverse());
    stored.writeSync(reversed);
    file.flushSync();
    writeFileSync(scratchPath("long-doubles-edited.h5"), file.bytes());
    file.closeSync();
    const seen = python(`
with h5py.File('long-doubles-edited.h5') as f:
    data = f['stored'][...]
    assert data.dtype == np.longdouble
    print(json.dumps([float(v).hex() for v in data]))
`);
    const numbers = [...reversed].map((value) => {
      if (Number.isNaN(value)) return "nan";
      return Number.isFinite(value) ? value : value > 0 ? "inf" : "-inf";
    });
    const parsed = (seen as string[]).map((text) => (/n/.test(text) ? text : hexFloat(text)));
    expect(parsed).toEqual(numbers);
  });
});

/** The value of Python's `float.hex()`. */
function hexFloat(text: string): number {
  const match = /^(-?)0x([01])\.([0-9a-f]+)p([+-]\d+)$/.exec(text);
  if (match === null) throw new Error(`no hexadecimal float: ${text}`);
  const [, sign, whole, digits, power] = match;
  const mantissa = Number(whole) + Number.parseInt(digits, 16) / 16 ** digits.length;
  return (sign === "-" ? -1 : 1) * mantissa * 2 ** Number(power);
}
