/** The files that the edit matrix starts from: the same names and values, made by h5py and by this library. */

import type { HDF5File } from "../../src/format/index.js";
import { ndarray } from "../../src/format/index.js";
import type { Face } from "./faces.js";
import { dataset } from "./faces.js";
import { python } from "./judge.js";

export interface Base {
  readonly name: string;
  /** Whether groups and datasets have version 2 headers. */
  readonly hasNewHeaders: boolean;
  /** Whether chunks are indexed in a way that can only be read. */
  readonly chunksAreReadOnly: boolean;
  /** Whether its groups list links and attributes in the order of creation. */
  readonly tracked: boolean;
  build(face: Face, path: string): Promise<void>;
}

const buildScript = `
with h5py.File(path, "w", libver=libver, userblock_size=user_block, track_order=tracked) as f:
    f["plain"] = np.arange(30, dtype="f8").reshape(6, 5)
    space = h5s.create_simple((8,))
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(f.id, b"compact", h5t.NATIVE_INT16, space, plist).write(h5s.ALL, h5s.ALL, np.arange(8, dtype="i2"))
    f.create_dataset("chunked", data=np.arange(240, dtype="i4").reshape(20, 12), chunks=(6, 5), maxshape=(None, None))
    f.create_dataset("filtered", data=np.arange(240, dtype="f4").reshape(30, 8), chunks=(7, 3), maxshape=(None, 8),
                     compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("unwritten", shape=(10, 10), dtype="i4", chunks=(4, 4), maxshape=(20, None), fillvalue=7)
    f.create_dataset("strings", data=["zero", "one", "two", "", "vier ü"], maxshape=(None,), chunks=(64,), dtype=h5py.string_dtype())
    f["fixed"] = np.array([b"aa", b"bb", b"cc", b"dd"], dtype="S6")
    sequences = f.create_dataset("sequences", (3,), dtype=h5py.vlen_dtype("i4"))
    for i in range(3): sequences[i] = np.arange(i + 1, dtype="i4")
    row = np.dtype([("x", "f8"), ("n", "i4"), ("s", "S4"), ("v", "f4", (3,))])
    f.create_dataset("table", data=np.array([(i / 2, i, b"r%d" % i, [i, i + 1, i + 2]) for i in range(6)], dtype=row),
                     maxshape=(None,), chunks=(4,))
    f["flags"] = np.array([True, False, True])
    f["big"] = np.arange(10, dtype=">i2")
    f.create_dataset("colours", data=np.array([0, 2, 1], "u1"), dtype=h5py.enum_dtype({"red": 0, "green": 1, "blue": 2}, "u1"))
    f["complex"] = np.array([1 + 2j, 3 - 4j])
    f["long"] = np.array([2**62, -2**62])
    f["scalar"] = np.int64(42)
    f["null"] = h5py.Empty("f4")
    f.create_dataset("references", data=[f["plain"].ref, f["chunked"].ref], dtype=h5py.ref_dtype)
    f["type"] = np.dtype("i2")
    f.create_dataset("typed", data=np.arange(4), dtype=f["type"])
    g = f.create_group("g", track_order=tracked)
    g["child"] = 1.5
    g.create_group("inner")["deep"] = np.arange(3, dtype="u2")
    many = f.create_group("many", track_order=tracked)
    for i in range(12): many[f"link {11 - i:02}"] = np.int32(i)
    f["soft"] = h5py.SoftLink("/g/child")
    f["hard"] = f["plain"]
    f["plain"].attrs["unit"] = "mV"
    f["plain"].attrs["offset"] = np.int32(5)
    f["plain"].attrs["range"] = np.array([0.5, 2.5])
    for i in range(10): g.attrs[f"attribute {9 - i}"] = np.float64(i)
    f.attrs["title"] = "base"
`;

interface BaseOptions {
  readonly userBlock?: number;
  readonly tracked?: boolean;
}

/** Makes the base with h5py. */
export async function buildByH5py(path: string, libver: string, options: BaseOptions): Promise<void> {
  const { userBlock = 0, tracked = false } = options;
  await python(buildScript, { path, libver, user_block: userBlock, tracked });
}

function byH5py(name: string, libver: string, options: BaseOptions = {}): Base {
  const { tracked = false } = options;
  return {
    name: `h5py's ${name}`,
    hasNewHeaders: libver === "latest",
    chunksAreReadOnly: libver === "latest",
    tracked,
    build: (_face, path) => buildByH5py(path, libver, options),
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function fill(face: Face, f: HDF5File, trackOrder: boolean): Promise<void> {
  const make = (path: string, options: Parameters<Face["createDataset"]>[2]) => face.createDataset(f, path, options);
  await make("plain", { data: Float64Array.from(range(30)), shape: [6, 5] });
  await make("compact", { data: Int16Array.from(range(8)), layout: "compact" });
  const chunked = { data: Int32Array.from(range(240)), shape: [20, 12], chunks: [6, 5], maxShape: [null, null] };
  await make("chunked", chunked);
  await make("filtered", {
    data: Float32Array.from(range(240)),
    shape: [30, 8],
    chunks: [7, 3],
    maxShape: [null, 8],
    filters: ["shuffle", "deflate", "fletcher32"],
  });
  await make("unwritten", { dtype: "int32", shape: [10, 10], chunks: [4, 4], maxShape: [20, null], fillValue: 7 });
  await make("strings", { data: ["zero", "one", "two", "", "vier ü"], maxShape: [null], chunks: [64] });
  const fixed = { kind: "string", length: 6, characterSet: "ascii" } as const;
  await make("fixed", { data: ["aa", "bb", "cc", "dd"], dtype: fixed });
  const sequences = range(3).map((i) => Int32Array.from(range(i + 1)));
  await make("sequences", { data: sequences, shape: [3], dtype: { kind: "variable-length", base: "int32" } });
  await make("table", {
    data: range(6).map((i) => ({ x: i / 2, n: i, s: `r${i}`, v: [i, i + 1, i + 2] })),
    dtype: rowType,
    maxShape: [null],
    chunks: [4],
  });
  await make("flags", { data: [true, false, true] });
  const big = { kind: "integer", size: 2, signed: true, byteOrder: "big" } as const;
  await make("big", { data: range(10), dtype: big });
  const colours = { kind: "enum", base: "uint8", members: { red: 0, green: 1, blue: 2 } } as const;
  await make("colours", { data: [0, 2, 1], dtype: colours });
  await make("complex", {
    data: [
      { re: 1, im: 2 },
      { re: 3, im: -4 },
    ],
  });
  await make("long", { data: [2n ** 62n, -(2n ** 62n)] });
  await make("scalar", { data: 42n });
  await make("null", { data: null, dtype: "float32" });
  const targets = [await dataset(face, f, "plain"), await dataset(face, f, "chunked")];
  await make("references", { data: targets.map((target) => target.reference()) });
  const type = await face.commitDatatype(f, "type", "int16");
  await f.createDataset("typed", { data: [0, 1, 2, 3], dtype: type });
  const g = await face.createGroup(f, "g", { trackOrder });
  await face.createDataset(g, "child", { data: 1.5 });
  await face.createDataset(g, "inner/deep", { data: Uint16Array.of(0, 1, 2) });
  const many = await face.createGroup(f, "many", { trackOrder });
  for (const i of range(12)) {
    await face.createDataset(many, `link ${String(11 - i).padStart(2, "0")}`, { data: i, dtype: "int32" });
  }
  await face.createSoftLink(f, "soft", "/g/child");
  const plain = targets[0];
  await face.createHardLink(f, "hard", plain);
  await face.setAttribute(plain, "unit", "mV");
  await face.setAttribute(plain, "offset", 5, { dtype: "int32" });
  await face.setAttribute(plain, "range", [0.5, 2.5]);
  for (const i of range(10)) await face.setAttribute(g, `attribute ${9 - i}`, i);
  await face.setAttribute(f, "title", "base");
}

/** The row of the compound dataset, as `numpy` lays it out. */
export const rowType = {
  kind: "compound",
  members: [
    { name: "x", dtype: "float64" },
    { name: "n", dtype: "int32" },
    { name: "s", dtype: { kind: "string", length: 4, characterSet: "ascii" } },
    { name: "v", dtype: { kind: "array", base: "float32", shape: [3] } },
  ],
} as const;

function byUs(libver: "default" | "earliest", options: BaseOptions = {}): Base {
  const { userBlock = 0, tracked = false } = options;
  const details = [
    libver,
    ...(userBlock > 0 ? [`user block of ${userBlock}`] : []),
    ...(tracked ? ["trackOrder"] : []),
  ];
  return {
    name: `our own (${details.join(", ")})`,
    hasNewHeaders: libver === "default",
    chunksAreReadOnly: false,
    tracked,
    async build(face, path) {
      const file = await face.create(path, { libver, userBlockSize: userBlock, trackOrder: tracked });
      await fill(face, file, tracked);
      await face.close(file);
    },
  };
}

export const bases: readonly Base[] = [
  byH5py("default", "earliest"),
  byH5py("default with track_order and a user block", "earliest", { tracked: true, userBlock: 1024 }),
  byH5py("latest", "latest"),
  byUs("default"),
  byUs("default", { userBlock: 512, tracked: true }),
  byUs("earliest", { userBlock: 2048 }),
];

/** A whole array of numbers as it is written. */
export function counting(shape: readonly number[], start = 0) {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return ndarray(
    Float64Array.from({ length: size }, (_, index) => start + index),
    shape,
    "float64",
  );
}
