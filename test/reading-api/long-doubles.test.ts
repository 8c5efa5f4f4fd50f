import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
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
