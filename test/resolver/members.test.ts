import { renameSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Dataset, HDF5File } from "../../src/format/index.js";
import { openSync, UnsupportedFeatureError } from "../../src/format/index.js";
import { AssembledDevice } from "../../src/format/storage/assembled-device.js";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";
import { decodeMultiMembers, MultiAddressParts, partStart } from "../../src/format/structures/multi-driver.js";
import { flat, hasH5py, openBeside, openLater, python, scratchPath } from "./support.js";

describe("an assembled device", () => {
  const device = new AssembledDevice("whole", [
    { device: new MemoryDevice(Uint8Array.of(1, 2, 3)), start: 0 },
    { device: new MemoryDevice(Uint8Array.of(4, 5)), start: 5 },
    { device: new MemoryDevice(Uint8Array.of(6)), start: 7 },
  ]);

  it("has the bytes of its parts, and zeros between them", async () => {
    const whole = [1, 2, 3, 0, 0, 4, 5, 6];
    expect(device.size).toBe(8);
    for (let from = 0; from <= 8; from++) {
      for (let to = from; to <= 8; to++) {
        const target = new Uint8Array(to - from).fill(9);
        device.readSync?.(from, target);
        expect([...target]).toEqual(whole.slice(from, to));
        const later = new Uint8Array(to - from).fill(9);
        await device.read(from, later);
        expect([...later]).toEqual(whole.slice(from, to));
      }
    }
    expect(() => device.readSync?.(7, new Uint8Array(2))).toThrow(expect.objectContaining({ code: "corrupt" }));
  });
});

describe("the addresses of the multi driver", () => {
  const information = new Uint8Array(8 + 32 + 16);
  information.set([1, 1, 3, 3, 1, 1]);
  const view = new DataView(information.buffer);
  view.setBigUint64(24, 0x7fff_ffff_ffff_ffffn, true);
  information.set(new TextEncoder().encode("%s-m.h5\0%s-r.h5\0"), 40);

  it("are counted part by part", () => {
    const members = decodeMultiMembers(information);
    expect(members).toEqual([
      { template: "%s-m.h5", start: 0n },
      { template: "%s-r.h5", start: 0x7fff_ffff_ffff_ffffn },
    ]);
    const parts = new MultiAddressParts(members);
    expect(parts.translate(1000n)).toBe(1000);
    expect(parts.translate(0x8000_0000_0000_0000n)).toBe(partStart(1) + 1);
    expect(parts.translate(BigInt(partStart(1) + 1))).toBe(partStart(1) + 1);
    expect(parts.translate(2n ** 60n)).toBeNull();
    expect(parts.translate(2n ** 64n - 2n)).toBeNull();
  });

  it("are refused where the information is damaged", () => {
    expect(() => decodeMultiMembers(information.subarray(0, 30))).toThrow(expect.objectContaining({ code: "corrupt" }));
    const unknown = information.slice();
    unknown[2] = 9;
    expect(() => decodeMultiMembers(unknown)).toThrow(expect.objectContaining({ code: "corrupt" }));
  });
});

describe.skipIf(!hasH5py)("files in several parts", () => {
  const script = `
def fill(f):
    f['d'] = np.arange(1000, dtype='i4')
    f['g/text'] = ['one', 'two', 'three']
    f.create_dataset('chunked', data=np.arange(400, dtype='f8').reshape(20, 20), chunks=(7, 7), compression='gzip')
    f.attrs['title'] = 'in parts'
    f['g/ref'] = f['d'].ref
def make(name, libver, setter):
    fcpl = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    fapl = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    if libver: fapl.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    setter(fapl)
    with h5py.File(h5py.h5f.create(name.encode(), fcpl=fcpl, fapl=fapl)) as f: fill(f)
core = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
`;
  if (hasH5py) {
    python(`${script}
make('old%05d.h5', False, lambda p: p.set_fapl_family(1024, core))
make('new%05d.h5', True, lambda p: p.set_fapl_family(1000, core))
make('short-%d.h5', False, lambda p: p.set_fapl_family(2048, core))
make('split', False, lambda p: p.set_fapl_split(b'-m.h5', core, b'-r.h5', core))
make('plain.h5', False, lambda p: None)
`);
  }

  const check = (file: HDF5File): void => {
    expect(flat((file.getSync("d") as Dataset).readSync())).toEqual({
      shape: [1000],
      data: Array.from({ length: 1000 }, (_, index) => index),
    });
    expect((file.getSync("g/text") as Dataset).readSync()).toMatchObject({ data: ["one", "two", "three"] });
    expect((file.getSync("chunked") as Dataset).readSync([19, 19])).toBe(399);
    expect(file.attrs.getSync("title")).toBe("in parts");
    const reference = (file.getSync("g/ref") as Dataset).readSync() as Parameters<HDF5File["dereferenceSync"]>[0];
    expect((file.dereferenceSync(reference) as Dataset).shape).toEqual([1000]);
  };

  it.each(["old00000.h5", "new00000.h5", "short-0.h5", "split-m.h5"])(
    "are read through a resolver: %s",
    async (name) => {
      const file = openBeside(name);
      check(file);
      file.closeSync();
      const later = await openLater(name);
      expect(await ((await later.get("chunked")) as Dataset).read([19, 19])).toBe(399);
      expect(await later.attrs.get("title")).toBe("in parts");
      expect(await ((await later.get("g/text")) as Dataset).read()).toMatchObject({ data: ["one", "two", "three"] });
      await later.close();
    },
  );

  it("are refused without one, and cannot be changed", () => {
    for (const name of ["old00000.h5", "short-0.h5", "split-m.h5"]) {
      expect(() => openSync(scratchPath(name))).toThrow(UnsupportedFeatureError);
      expect(() => openSync(scratchPath(name))).toThrow(/open the file with \{ resolver \}/);
      const file = openBeside(name, { mode: "r+" });
      expect(() => file.createGroupSync("new")).toThrow(UnsupportedFeatureError);
      file.closeSync();
    }
  });

  it("raise an error where a part is missing", () => {
    rmSync(scratchPath("old00003.h5"));
    expect(() => openBeside("old00000.h5")).toThrow(/"old00003.h5".*missing/);
    rmSync(scratchPath("split-r.h5"));
    expect(() => openBeside("split-m.h5")).toThrow(expect.objectContaining({ code: "not-found" }));
    renameSync(scratchPath("split-m.h5"), scratchPath("other.h5"));
    expect(() => openBeside("other.h5")).toThrow(expect.objectContaining({ code: "corrupt" }));
  });
});
