/** Edits, each told twice: to this library, and (`f` is the open file) to h5py. */

import type { HDF5File } from "../../src/format/index.js";
import { slice } from "../../src/format/index.js";
import { counting, rowType } from "./bases.js";
import type { Face } from "./faces.js";
import { dataset, group } from "./faces.js";

export interface Edit {
  readonly name: string;
  /** Whether it changes stored chunks, of which some kinds can only be read. */
  readonly changesChunks?: boolean;
  /** Whether old object headers cannot hold the result. */
  readonly needsNewHeaders?: boolean;
  ours(face: Face, f: HDF5File): Promise<void>;
  readonly theirs: string;
}

function numbers(count: number, of: (index: number) => number): number[] {
  return Array.from({ length: count }, (_, index) => of(index));
}

const elementEdits: readonly Edit[] = [
  {
    name: "overwrite a contiguous dataset",
    async ours(face, f) {
      await face.write(await dataset(face, f, "plain"), counting([6, 5], 100));
    },
    theirs: `f["plain"][...] = np.arange(100, 130).reshape(6, 5)`,
  },
  {
    name: "overwrite hyperslabs of a contiguous dataset",
    async ours(face, f) {
      const plain = await dataset(face, f, "hard");
      await face.write(plain, counting([3, 2], -9), [slice(1, 6, 2), slice(0, 4, 3)]);
      await face.write(plain, 0.25, [0]);
      await face.write(plain, -1, [-1, -1]);
      await face.write(plain, [7, 8, 9, 10, 11, 12], [null, 2]);
    },
    theirs: `
p = f["plain"]
p[1:6:2, 0:4:3] = np.arange(-9, -3).reshape(3, 2)
p[0] = 0.25
p[5, 4] = -1
p[:, 2] = np.arange(7, 13)`,
  },
  {
    name: "overwrite a compact dataset and a scalar",
    async ours(face, f) {
      await face.write(await dataset(face, f, "compact"), [-1, -2], [slice(2, 6, 3)]);
      await face.write(await dataset(face, f, "scalar"), -(2n ** 60n));
    },
    theirs: `
f["compact"][2:6:3] = [-1, -2]
f["scalar"][()] = -2**60`,
  },
  {
    name: "overwrite hyperslabs of a chunked dataset",
    changesChunks: true,
    async ours(face, f) {
      const chunked = await dataset(face, f, "chunked");
      await face.write(
        chunked,
        counting([4, 4], 1000),
        [slice(1, 14, 4), slice(3, 12, 3)].map((s, i) => (i ? slice(2, 12, 3) : s)),
      );
      await face.write(chunked, 5, [slice(6, 12), slice(5, 10)]);
      await face.write(chunked, -5, [19, 11]);
    },
    theirs: `
c = f["chunked"]
c[1:14:4, 2:12:3] = np.arange(1000, 1016).reshape(4, 4)
c[6:12, 5:10] = 5
c[19, 11] = -5`,
  },
  {
    name: "overwrite hyperslabs of a filtered dataset, flushing between",
    changesChunks: true,
    async ours(face, f) {
      const filtered = await dataset(face, f, "filtered");
      await face.write(filtered, counting([5, 4], 0.5), [slice(3, 30, 6), slice(0, 8, 2)]);
      await face.flush(f);
      await face.write(filtered, Float32Array.of(9, 8, 7), [slice(6, 9), 7]);
      await face.flush(f);
      await face.write(filtered, 1.5, [slice(14, 21), slice(3, 6)]);
    },
    theirs: `
c = f["filtered"]
c[3:30:6, 0:8:2] = np.arange(20).reshape(5, 4) + 0.5
c[6:9, 7] = [9, 8, 7]
c[14:21, 3:6] = 1.5`,
  },
  {
    name: "overwrite whole chunked and filtered datasets",
    changesChunks: true,
    async ours(face, f) {
      await face.write(await dataset(face, f, "chunked"), counting([20, 12], -120));
      await face.write(await dataset(face, f, "filtered"), counting([30, 8], 0.125));
    },
    theirs: `
f["chunked"][...] = np.arange(-120, 120).reshape(20, 12)
f["filtered"][...] = np.arange(240).reshape(30, 8) + 0.125`,
  },
  {
    name: "write a few elements of a dataset without chunks yet",
    changesChunks: true,
    async ours(face, f) {
      const unwritten = await dataset(face, f, "unwritten");
      await face.write(unwritten, [1, 2, 3], [slice(2, 9, 3), 9]);
      await face.resize(unwritten, [14, 11]);
      await face.write(unwritten, 0, [13, 10]);
    },
    theirs: `
u = f["unwritten"]
u[2:9:3, 9] = [1, 2, 3]
u.resize((14, 11))
u[13, 10] = 0`,
  },
  {
    name: "overwrite variable-length strings and sequences",
    changesChunks: true,
    async ours(face, f) {
      const strings = await dataset(face, f, "strings");
      await face.write(strings, ["a much longer string than before ".repeat(300), "ß"], [slice(1, 4, 2)]);
      await face.write(
        await dataset(face, f, "sequences"),
        [Int32Array.of(9, 8, 7, 6), Int32Array.of()],
        [slice(0, 2)],
      );
      await face.append(strings, ["five", ""]);
    },
    theirs: `
s = f["strings"]
s[1] = "a much longer string than before " * 300
s[3] = "ß"
q = f["sequences"]
q[0] = np.array([9, 8, 7, 6], "i4")
q[1] = np.array([], "i4")
s.resize((7,))
s[5] = "five"
s[6] = ""`,
  },
  {
    name: "overwrite elements of contiguous datasets of other types",
    async ours(face, f) {
      await face.write(await dataset(face, f, "fixed"), ["ee", "ffffff"], [slice(1, 3)]);
      await face.write(await dataset(face, f, "flags"), [false, true], [slice(0, 2)]);
      await face.write(await dataset(face, f, "big"), [-300, 300], [slice(0, 10, 9)]);
      await face.write(await dataset(face, f, "colours"), [1], [slice(2, 3)]);
      await face.write(await dataset(face, f, "complex"), { re: -1, im: 0.5 }, [1]);
      await face.write(await dataset(face, f, "long"), [-1n], [slice(0, 1)]);
      const target = await group(face, f, "g");
      await face.write(await dataset(face, f, "references"), [target.reference()], [slice(1, 2)]);
      await face.write(await dataset(face, f, "typed"), [-7], [slice(3, 4)]);
    },
    theirs: `
f["fixed"][1:3] = np.array([b"ee", b"ffffff"])
f["flags"][0:2] = [False, True]
f["big"][0:10:9] = [-300, 300]
f["colours"][2] = 1
f["complex"][1] = -1 + 0.5j
f["long"][0] = -1
f["references"][1] = f["g"].ref
f["typed"][3] = -7`,
  },
  {
    name: "overwrite and append rows of a compound dataset",
    changesChunks: true,
    async ours(face, f) {
      const table = await dataset(face, f, "table");
      await face.write(table, [{ x: 9.5, n: -1, s: "new", v: [3, 2, 1] }], [slice(4, 5)]);
      await face.append(table, [
        { x: 0, n: 6, s: "", v: [0, 0, 1] },
        { x: -0.5, n: 7, s: "last", v: [1, 0, 0] },
      ]);
    },
    theirs: `
t = f["table"]
t[4] = (9.5, -1, b"new", [3, 2, 1])
t.resize((8,))
t[6:8] = np.array([(0, 6, b"", [0, 0, 1]), (-0.5, 7, b"last", [1, 0, 0])], dtype=t.dtype)`,
  },
];

const sizeEdits: readonly Edit[] = [
  {
    name: "append along both axes, with and without a flush between",
    changesChunks: true,
    async ours(face, f) {
      const chunked = await dataset(face, f, "chunked");
      await face.append(chunked, counting([3, 12], 500));
      await face.flush(f);
      await face.append(chunked, counting([23, 2], 900), 1);
      const filtered = await dataset(face, f, "filtered");
      for (let i = 0; i < 9; i++) {
        await face.append(filtered, counting([1, 8], i));
        if (i % 3 === 1) await face.flush(f);
      }
    },
    theirs: `
c = f["chunked"]
c.resize((23, 14))
c[20:, :12] = np.arange(500, 536).reshape(3, 12)
c[:, 12:] = np.arange(900, 946).reshape(23, 2)
d = f["filtered"]
d.resize((39, 8))
for i in range(9): d[30 + i] = np.arange(i, i + 8)`,
  },
  {
    name: "grow by a resize",
    changesChunks: true,
    async ours(face, f) {
      await face.resize(await dataset(face, f, "chunked"), [33, 17]);
      await face.resize(await dataset(face, f, "filtered"), [100, 8]);
      await face.resize(await dataset(face, f, "strings"), [7]);
    },
    theirs: `
f["chunked"].resize((33, 17))
f["filtered"].resize((100, 8))
f["strings"].resize((7,))`,
  },
  {
    name: "shrink, and grow again",
    changesChunks: true,
    async ours(face, f) {
      const chunked = await dataset(face, f, "chunked");
      const filtered = await dataset(face, f, "filtered");
      await face.resize(chunked, [7, 11]);
      await face.resize(filtered, [10, 4]);
      await face.flush(f);
      await face.resize(chunked, [19, 12]);
      await face.resize(filtered, [22, 8]);
    },
    theirs: `
for shape in (7, 11), (19, 12): f["chunked"].resize(shape)
for shape in (10, 4), (22, 8): f["filtered"].resize(shape)`,
  },
  {
    name: "shrink to nothing, and append",
    changesChunks: true,
    async ours(face, f) {
      const filtered = await dataset(face, f, "filtered");
      await face.resize(filtered, [0, 8]);
      await face.append(filtered, counting([2, 8], 3));
      const chunked = await dataset(face, f, "chunked");
      await face.resize(chunked, [0, 0]);
      await face.flush(f);
      await face.resize(chunked, [2, 3]);
      await face.write(chunked, 4, [1, 2]);
    },
    theirs: `
d = f["filtered"]
d.resize((0, 8))
d.resize((2, 8))
d[...] = np.arange(3, 19).reshape(2, 8)
c = f["chunked"]
c.resize((0, 0))
c.resize((2, 3))
c[1, 2] = 4`,
  },
];

const attributeEdits: readonly Edit[] = [
  {
    name: "set, replace and delete attributes",
    async ours(face, f) {
      const plain = await dataset(face, f, "plain");
      await face.setAttribute(plain, "unit", "µV");
      await face.setAttribute(plain, "range", [1.5, 3.5]);
      await face.deleteAttribute(plain, "offset");
      await face.setAttribute(plain, "new", [1n, 2n, 3n]);
      await face.setAttribute(f, "ü", true);
    },
    theirs: `
a = f["plain"].attrs
a.modify("unit", "µV")
a.modify("range", np.array([1.5, 3.5]))
del a["offset"]
a["new"] = np.array([1, 2, 3])
f.attrs["ü"] = True`,
  },
  {
    name: "cross from compact to dense attributes and back",
    async ours(face, f) {
      const plain = await dataset(face, f, "plain");
      for (let i = 0; i < 12; i++) await face.setAttribute(plain, `more ${i}`, i, { dtype: "int64" });
      await face.flush(f);
      const g = await group(face, f, "g");
      for (let i = 0; i < 5; i++) await face.deleteAttribute(g, `attribute ${i}`);
      await face.flush(f);
      await face.setAttribute(g, "one", 1);
      for (let i = 0; i < 9; i++) await face.deleteAttribute(plain, `more ${i}`);
      await face.deleteAttribute(plain, "unit");
    },
    theirs: `
a = f["plain"].attrs
for i in range(12): a[f"more {i}"] = i
g = f["g"].attrs
for i in range(5): del g[f"attribute {i}"]
g["one"] = 1.0
for i in range(9): del a[f"more {i}"]
del a["unit"]`,
  },
  {
    name: "stay at the thresholds of eight and six attributes",
    async ours(face, f) {
      const plain = await dataset(face, f, "plain");
      for (let i = 0; i < 5; i++) await face.setAttribute(plain, `more ${i}`, `text ${i}`);
      await face.flush(f);
      await face.setAttribute(plain, "more 5", "the ninth");
      await face.flush(f);
      for (let i = 0; i < 3; i++) await face.deleteAttribute(plain, `more ${i}`);
      await face.flush(f);
      await face.deleteAttribute(plain, "more 3");
    },
    theirs: `
a = f["plain"].attrs
for i in range(5): a[f"more {i}"] = f"text {i}"
a["more 5"] = "the ninth"
for i in range(4): del a[f"more {i}"]`,
  },
  {
    name: "delete all attributes",
    async ours(face, f) {
      for (const object of [await face.get(f, "plain"), await face.get(f, "g")]) {
        for (const name of await face.attributes(object)) await face.deleteAttribute(object, name);
      }
    },
    theirs: `
for o in f["plain"], f["g"]:
    for name in list(o.attrs): del o.attrs[name]`,
  },
  {
    name: "many attributes",
    async ours(face, f) {
      const inner = await face.get(f, "g/inner");
      for (let i = 0; i < 150; i++)
        await face.setAttribute(
          inner,
          `attribute number ${i}`,
          numbers(i % 7, (j) => i + j),
          { dtype: "float64" },
        );
      await face.flush(f);
      for (let i = 0; i < 150; i += 5) await face.deleteAttribute(inner, `attribute number ${i}`);
      await face.setAttribute(inner, "attribute number 7", "changed");
    },
    theirs: `
a = f["g/inner"].attrs
for i in range(150): a[f"attribute number {i}"] = np.arange(i, i + i % 7, dtype="f8")
for i in range(0, 150, 5): del a[f"attribute number {i}"]
a["attribute number 7"] = "changed"`,
  },
  {
    name: "an attribute of more than 64 KiB",
    needsNewHeaders: true,
    async ours(face, f) {
      const g = await group(face, f, "g/inner");
      await face.setAttribute(g, "large", Float64Array.from(numbers(20_000, (i) => i / 4)));
      await face.setAttribute(g, "small", 1);
      await face.flush(f);
      await face.setAttribute(g, "second", Float64Array.from(numbers(9_000, (i) => -i)));
    },
    theirs: `
a = f["g/inner"].attrs
a["large"] = np.arange(20000) / 4
a["small"] = 1.0
a["second"] = -np.arange(9000, dtype="f8")`,
  },
  {
    name: "attributes of every type",
    async ours(face, f) {
      const inner = await face.get(f, "g/inner");
      const set = (name: string, value: unknown, dtype?: Parameters<Face["setAttribute"]>[3]) =>
        face.setAttribute(inner, name, value, dtype);
      await set("int8", Int8Array.of(-1, 1));
      await set("uint64", BigUint64Array.of(2n ** 63n));
      await set("half", [0.5, -0.25], { dtype: "float16" });
      await set("big", [1, 256], { dtype: { kind: "integer", size: 4, signed: false, byteOrder: "big" } });
      await set("text", "Grüße");
      await set("texts", ["a", "", "ccc"]);
      await set("fixed", "abc", { dtype: { kind: "string", length: 3, characterSet: "ascii" } });
      await set("flag", false);
      await set("flags", [true, false]);
      await set("complex", { re: 1, im: -1 });
      await set("empty", null);
      await set("row", [{ x: 1, n: 2, s: "s", v: [1, 2, 3] }], { dtype: rowType });
      await set("sequence", [Int32Array.of(1, 2), Int32Array.of(3)], {
        dtype: { kind: "variable-length", base: "int32" },
      });
      await set("reference", (await face.get(f, "plain")).reference());
      await set("matrix", counting([2, 3]));
      await set("nothing", new Float64Array(0));
    },
    theirs: `
a = f["g/inner"].attrs
a["int8"] = np.array([-1, 1], "i1")
a["uint64"] = np.array([2**63], "u8")
a["half"] = np.array([0.5, -0.25], "f2")
a["big"] = np.array([1, 256], ">u4")
a["text"] = "Grüße"
a["texts"] = ["a", "", "ccc"]
a.create("fixed", b"abc", dtype="S3")
a["flag"] = False
a["flags"] = np.array([True, False])
a["complex"] = 1 - 1j
a["empty"] = h5py.Empty("f8")
a["row"] = np.array([(1, 2, b"s", [1, 2, 3])], f["table"].dtype)
s = np.empty(2, object)
s[0], s[1] = np.array([1, 2], "i4"), np.array([3], "i4")
a.create("sequence", s, dtype=h5py.vlen_dtype("i4"))
a["reference"] = f["plain"].ref
a["matrix"] = np.arange(6.0).reshape(2, 3)
a["nothing"] = np.zeros(0)`,
  },
];

const objectEdits: readonly Edit[] = [
  {
    name: "create groups",
    async ours(face, f) {
      await face.createGroup(f, "new/below/deep");
      const tracked = await face.createGroup(f, "g/tracked", { trackOrder: true });
      for (const name of ["zebra", "ant", "mole"]) await face.createGroup(tracked, name);
      await face.setAttribute(tracked, "second", 2);
      await face.setAttribute(tracked, "first", 1);
      await face.createGroup(f, "größe");
    },
    theirs: `
f.create_group("new/below/deep")
t = f["g"].create_group("tracked", track_order=True)
for name in "zebra", "ant", "mole": t.create_group(name)
t.attrs["second"] = 2.0
t.attrs["first"] = 1.0
f.create_group("größe")`,
  },
  {
    name: "add and delete many links",
    async ours(face, f) {
      const many = await group(face, f, "many");
      for (let i = 0; i < 120; i++) await face.createDataset(many, `extra ${i * 7}`, { data: i, dtype: "int16" });
      await face.flush(f);
      for (let i = 0; i < 120; i += 2) await face.delete(many, `extra ${i * 7}`);
      const g = await group(face, f, "g");
      for (let i = 0; i < 7; i++) await face.createGroup(g, `sub ${i}`);
    },
    theirs: `
m = f["many"]
for i in range(120): m[f"extra {i * 7}"] = np.int16(i)
for i in range(0, 120, 2): del m[f"extra {i * 7}"]
for i in range(7): f["g"].create_group(f"sub {i}")`,
  },
  {
    name: "delete links until a dense group is compact, and all links of another",
    async ours(face, f) {
      const many = await group(face, f, "many");
      for (let i = 4; i < 12; i++) await face.delete(many, `link ${String(i).padStart(2, "0")}`);
      await face.delete(f, "g/child");
      await face.delete(f, "g/inner");
    },
    theirs: `
for i in range(4, 12): del f["many"][f"link {i:02}"]
del f["g/child"]
del f["g/inner"]`,
  },
  {
    name: "delete datasets, groups and soft links, and reuse a name",
    async ours(face, f) {
      for (const name of ["chunked", "strings", "soft", "many", "hard"]) await face.delete(f, name);
      await face.flush(f);
      await face.createGroup(f, "many");
      await face.createDataset(f, "strings", { data: Uint8Array.of(1, 2) });
      await face.delete(f, "null");
      await face.createDataset(f, "null", { data: [1.5] });
    },
    theirs: `
for name in "chunked", "strings", "soft", "many", "hard": del f[name]
f.create_group("many")
f["strings"] = np.array([1, 2], "u1")
del f["null"]
f["null"] = [1.5]
f["references"][1] = h5py.Reference()`,
  },
  {
    name: "hard, soft and external links",
    async ours(face, f) {
      const filtered = await dataset(face, f, "filtered");
      await face.createHardLink(f, "second name", filtered);
      await face.createHardLink(f, "g/third name", filtered);
      await face.createSoftLink(f, "g/nowhere", "does/not/exist");
      await face.createSoftLink(f, "here", "g/inner");
      await face.createExternalLink(f, "elsewhere", "other.h5", "/x");
      await face.createExternalLink(f, "many/elsewhere", "öther.h5", "/ü");
      await face.flush(f);
      await face.delete(f, "filtered");
      await face.createHardLink(f, "many/root", await group(face, f, "/"));
    },
    theirs: `
d = f["filtered"]
f["second name"] = d
f["g/third name"] = d
f["g/nowhere"] = h5py.SoftLink("does/not/exist")
f["here"] = h5py.SoftLink("g/inner")
f["elsewhere"] = h5py.ExternalLink("other.h5", "/x")
f["many/elsewhere"] = h5py.ExternalLink("öther.h5", "/ü")
del f["filtered"]
f["many/root"] = f["/"]`,
  },
  {
    name: "share a committed datatype",
    async ours(face, f) {
      const type = await face.get(f, "type");
      if (type.kind !== "datatype") throw new Error("no datatype");
      await f.createDataset("g/shared", { data: [5, 6], dtype: type });
      await f.createDataset("shared chunked", { data: [7, 8], dtype: type, chunks: [1], filters: ["deflate"] });
      await face.setAttribute(type, "note", "used three times");
      const another = await face.commitDatatype(f, "another type", rowType);
      await f.createDataset("rows", { shape: [2], dtype: another });
    },
    theirs: `
f["g"].create_dataset("shared", data=[5, 6], dtype=f["type"])
f.create_dataset("shared chunked", data=[7, 8], dtype=f["type"], chunks=(1,), compression="gzip")
f["type"].attrs["note"] = "used three times"
f["another type"] = f["table"].dtype
f.create_dataset("rows", (2,), dtype=f["another type"])`,
  },
  {
    name: "datasets of every type",
    async ours(face, f) {
      const g = await face.createGroup(f, "types");
      const make = (name: string, options: Parameters<Face["createDataset"]>[2]) =>
        face.createDataset(g, name, options);
      for (const name of [
        "int8",
        "int16",
        "int32",
        "uint8",
        "uint16",
        "uint32",
        "float16",
        "float32",
        "float64",
      ] as const) {
        await make(name, { data: [1, 2, 100], dtype: name });
      }
      await make("int64", { data: [-(2n ** 63n), 5n] });
      await make("uint64", { data: [2n ** 64n - 1n], dtype: "uint64" });
      await make("bool", { data: [true, false], chunks: [2], filters: ["deflate"] });
      await make("string", { data: ["ä", "", "long ".repeat(50)] });
      await make("fixed", { data: ["abc", "ü"], dtype: { kind: "string", length: 5 } });
      await make("complex64", { data: [{ re: 0.5, im: 1 }], dtype: "complex64" });
      await make("array", {
        data: counting([2, 2, 3]),
        shape: [2],
        dtype: { kind: "array", base: "int16", shape: [2, 3] },
      });
      const nested = {
        kind: "compound",
        members: [
          {
            name: "inner",
            dtype: {
              kind: "compound",
              members: [
                { name: "a", dtype: "int8" },
                { name: "b", dtype: "float32" },
              ],
            },
          },
          { name: "text", dtype: "string" },
        ],
      } as const;
      await make("nested", {
        data: [
          { inner: { a: 1, b: 0.5 }, text: "t" },
          { inner: { a: 2, b: 1.5 }, text: "" },
        ],
        dtype: nested,
      });
      const sequences = { kind: "variable-length", base: "float64" } as const;
      await make("sequences", { data: [[1.5], [], [2, 3]], shape: [3], dtype: sequences });
      await make("opaque", {
        data: Uint8Array.of(1, 2, 3, 4),
        shape: [2],
        dtype: { kind: "opaque", size: 2, tag: "" },
      });
      await make("scalar string", { data: "one" });
      await make("null", { data: null, dtype: "int16" });
      await make("reference", { data: [(await face.get(f, "g")).reference(), null], dtype: "object-reference" });
      const plain = await dataset(face, f, "plain");
      await make("region", { data: [plain.regionReference([slice(1, 4), slice(2, 5, 2)])] });
      await make("empty", { shape: [0, 3], dtype: "int32", maxShape: [null, 3], chunks: [5, 3] });
    },
    theirs: `
g = f.create_group("types")
for n, t in dict(int8="i1", int16="i2", int32="i4", uint8="u1", uint16="u2", uint32="u4", float16="f2", float32="f4", float64="f8").items():
    g[n] = np.array([1, 2, 100], t)
g["int64"] = np.array([-2**63, 5])
g["uint64"] = np.array([2**64 - 1], "u8")
g.create_dataset("bool", data=np.array([True, False]), chunks=(2,), compression="gzip")
g["string"] = ["ä", "", "long " * 50]
g.create_dataset("fixed", data=np.array(["abc".encode(), "ü".encode()], h5py.string_dtype("utf-8", 5)))
g["complex64"] = np.array([0.5 + 1j], "c8")
a = g.create_dataset("array", (2,), dtype=np.dtype(("i2", (2, 3))))
a[...] = np.arange(12).reshape(2, 2, 3)
n = np.dtype([("inner", [("a", "i1"), ("b", "f4")]), ("text", h5py.string_dtype())])
g.create_dataset("nested", data=np.array([((1, 0.5), "t"), ((2, 1.5), "")], n))
s = g.create_dataset("sequences", (3,), dtype=h5py.vlen_dtype("f8"))
s[0], s[1], s[2] = np.array([1.5]), np.array([]), np.array([2.0, 3.0])
g["opaque"] = np.array([b"\\1\\2", b"\\3\\4"], "V2")
g["scalar string"] = "one"
g["null"] = h5py.Empty("i2")
g.create_dataset("reference", data=[f["g"].ref, h5py.Reference()], dtype=h5py.ref_dtype)
g.create_dataset("region", data=[f["plain"].regionref[1:4, 2:5:2]], dtype=h5py.regionref_dtype)
g.create_dataset("empty", shape=(0, 3), dtype="i4", maxshape=(None, 3), chunks=(5, 3))`,
  },
];

export const edits: readonly Edit[] = [...elementEdits, ...sizeEdits, ...attributeEdits, ...objectEdits];
