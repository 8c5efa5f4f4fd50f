import { truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/format/index.js";
import { openSync, slice } from "../../src/format/index.js";
import { beside, flat, hasH5py, openBeside, openLater, python, scratchPath } from "./support.js";

describe.skipIf(!hasH5py)("raw data in external files", () => {
  if (hasH5py) {
    python(`
with h5py.File('external.h5', 'w') as f:
    f.create_dataset('one', data=np.arange(12, dtype='i4').reshape(3, 4), external=[('one.bin', 8, 48)])
    f.create_dataset('parts', data=np.arange(30, dtype='i2').reshape(5, 6), external=[('a.bin', 2, 7), ('b.bin', 0, 13), ('a.bin', 32, 40)])
    f.create_dataset('short', data=np.arange(10, dtype='f8'), external=[('short.bin', 0, h5py.h5f.UNLIMITED)])
    f.create_dataset('missing', data=np.arange(4, dtype='i4'), external=[('gone.bin', 0, 16)])
    f.create_dataset('half', data=np.arange(4, dtype='i4'), external=[('one.bin', 8, 8), ('gone.bin', 0, 8)])
    f.create_dataset('out', shape=(4,), dtype='u1', external=[('/etc/passwd', 0, 4)])
import os
os.remove('gone.bin')
`);
    truncateSync(scratchPath("short.bin"), 44);
  }

  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

  it("are read part by part", async () => {
    const file = openBeside("external.h5");
    const read = (name: string, selection?: Parameters<Dataset["readSync"]>[0]) =>
      flat((file.getSync(name) as Dataset).readSync(selection));
    expect(read("one")).toEqual({ shape: [3, 4], data: numbers(12) });
    expect(read("one", [slice(0, null, 2), slice(1, 3)])).toEqual({ shape: [2, 2], data: [1, 2, 9, 10] });
    expect(read("parts")).toEqual({ shape: [5, 6], data: numbers(30) });
    expect(read("parts", [null, 3])).toEqual({ shape: [5], data: [3, 9, 15, 21, 27] });
    expect(read("half", [slice(2)])).toEqual({ shape: [2], data: [0, 1] });
    file.closeSync();
    const later = await openLater("external.h5");
    expect(flat(await ((await later.get("parts")) as Dataset).read())).toEqual({ shape: [5, 6], data: numbers(30) });
    await later.close();
  });

  it("go on as zeros where a file is too short, as in libhdf5", () => {
    const file = openBeside("external.h5");
    const values = python("with h5py.File('external.h5') as f: print(json.dumps(list(f['short'][()])))");
    expect(flat((file.getSync("short") as Dataset).readSync())).toEqual({ shape: [10], data: values });
    file.closeSync();
  });

  it("raise an error where a file is missing, refused or not allowed", () => {
    const file = openBeside("external.h5");
    const read = (name: string) => (file.getSync(name) as Dataset).readSync();
    expect(() => read("missing")).toThrow(/"gone.bin".*does not exist/);
    expect(() => read("half")).toThrow(expect.objectContaining({ code: "not-found" }));
    expect(() => read("out")).toThrow(expect.objectContaining({ code: "unsupported" }));
    file.closeSync();
    const closed = openSync(scratchPath("external.h5"));
    expect(() => (closed.getSync("one") as Dataset).readSync()).toThrow(/open the file with \{ resolver \}/);
    closed.closeSync();
  });

  it("tell the resolver what they are", () => {
    const asked: unknown[] = [];
    const file = openSync(scratchPath("external.h5"), {
      resolver: (name, request) => {
        asked.push([name, request]);
        return beside()(name, request);
      },
    });
    (file.getSync("parts") as Dataset).readSync();
    const request = { kind: "external-data", from: scratchPath("external.h5") };
    expect(asked).toEqual([
      ["a.bin", request],
      ["b.bin", request],
    ]);
    file.closeSync();
  });

  it("may be cut off while the file is open", () => {
    writeFileSync(scratchPath("a.bin"), new Uint8Array(3).fill(1));
    const file = openBeside("external.h5");
    expect((file.getSync("parts") as Dataset).readSync([0, slice(3)])).toMatchObject({
      shape: [3],
      data: Int16Array.of(1, 0, 0),
    });
    file.closeSync();
  });
});
