import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Group, HDF5File } from "../../src/format/index.js";
import { CompoundArray, createSync, openSync } from "../../src/format/index.js";
import { hasH5py, runPython } from "../serialization/h5py.js";

const scratch = mkdtempSync(join(tmpdir(), "names-alike-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Writes links, attributes and members called by a byte that is not UTF-8, and by the text that it is shown as. */
const writer = String.raw`
import h5py, numpy, sys
path, libver, many, first = sys.argv[1:]
names = [b"\xe4", b"\\xe4"]
if first == "text": names.reverse()
scalar = h5py.h5s.create(h5py.h5s.SCALAR)
with h5py.File(path, "w", libver=libver) as f:
    g = f.create_group("g")
    for i in range(int(many)):
        g[f"other{i}"] = i
        g.attrs[f"other{i}"] = i
    for name in names:
        number = numpy.array(1 if name == b"\xe4" else 2, "i4")
        g[name] = number
        h5py.h5a.create(g.id, name, h5py.h5t.STD_I32LE, scalar).write(number)
    f.id.links.create_soft(b"by byte", b"/g/\xe4")
    f.id.links.create_soft(b"by text", b"/g/\\xe4")
    t = h5py.h5t.create(h5py.h5t.COMPOUND, 8)
    for i, name in enumerate(names): t.insert(name, 4 * i, h5py.h5t.STD_I32LE)
    d = h5py.h5d.create(f.id, b"table", t, h5py.h5s.create_simple((2,)))
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, numpy.array([(1, 2), (3, 4)], "i4,i4").view("V8"), mtype=t)
    e = h5py.h5t.enum_create(h5py.h5t.STD_I8LE)
    for i, name in enumerate(names): e.enum_insert(name, i + 5)
    d = h5py.h5d.create(f.id, b"enum", e, h5py.h5s.create_simple((2,)))
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, numpy.array([5, 6], "i1"), mtype=e)
`;

/** What libhdf5 finds: names as bytes with the numbers that they lead to, how many others, and the table's bytes. */
const reader = `
import h5py, numpy, sys
with h5py.File(sys.argv[1], "r") as f:
    g = f["g"]
    links = {name: int(h5py.Dataset(h5py.h5o.open(g.id, name))[()]) for name in g.id}
    attributes = {}
    for i in range(h5py.h5a.get_num_attrs(g.id)):
        a = h5py.h5a.open(g.id, index=i)
        value = numpy.empty((), "i8")
        a.read(value, mtype=h5py.h5t.NATIVE_INT64)
        attributes[a.name if isinstance(a.name, bytes) else a.name.encode()] = int(value)
    for found in links, attributes:
        print({n: v for n, v in sorted(found.items()) if not n.startswith(b"other")}, sum(n.startswith(b"other") for n in found))
    d = f["table"].id
    raw = numpy.empty(2, "V8")
    d.read(h5py.h5s.ALL, h5py.h5s.ALL, raw, mtype=d.get_type())
    print(numpy.frombuffer(raw.tobytes(), "<i4").tolist())
`;

/** The name of the byte where nothing else is called so, and where something is. */
const [text, apart] = ["\\xe4", "\udce4"];

const number = (of: Group, name: string): unknown => {
  const object = of.getSync(name);
  return object.kind === "dataset" ? object.readSync() : null;
};

const cases = ["earliest", "latest"].flatMap((libver) =>
  [0, 40].flatMap((many) => ["byte", "text"].map((first) => ({ libver, many, first }))),
);

describe.runIf(hasH5py).each(cases)("names shown alike, $libver, beside $many, the $first first", (given) => {
  const { libver, many, first } = given;
  const path = join(scratch, `${libver}-${many}-${first}.h5`);
  const ready = (): string => {
    if (!existsSync(path)) runPython(writer, path, libver, String(many), first);
    return path;
  };

  function judged(change: (file: HDF5File) => void): string[] {
    const changed = join(scratch, "changed.h5");
    copyFileSync(ready(), changed);
    const file = openSync(changed, { mode: "r+" });
    change(file);
    file.closeSync();
    return runPython(reader, changed);
  }

  const both = String.raw`{b'\\xe4': 2, b'\xe4': 1}`;
  const all = [`${both} ${many}`, `${both} ${many}`, "[1, 2, 3, 4]"];

  it("are two", () => {
    const file = openSync(ready());
    const g = file.groupSync("g");
    const mine = (names: readonly string[]): string[] => names.filter((name) => !name.startsWith("other")).sort();
    expect(mine(g.keysSync())).toEqual([text, apart]);
    expect(mine(g.attrs.keysSync())).toEqual([text, apart]);
    expect([number(g, text), number(g, apart), g.attrs.getSync(text), g.attrs.getSync(apart)]).toEqual([2, 1, 2, 1]);
    // Found without the others, too.
    expect(openSync(path).getSync("g").attrs.getSync(apart)).toBe(1);
    expect(openSync(path).getSync("g").attrs.getSync(text)).toBe(2);
    expect(openSync(path).datasetSync(`g/${apart}`).readSync()).toBe(1);
    expect(openSync(path).datasetSync(`g/${text}`).readSync()).toBe(2);
    expect(openSync(path).datasetSync("by byte").readSync()).toBe(1);
    expect(openSync(path).datasetSync("by text").readSync()).toBe(2);
  });

  it("are two members", () => {
    const file = openSync(ready());
    const table = file.datasetSync("table").readSync();
    if (!(table !== null && typeof table === "object" && "data" in table && table.data instanceof CompoundArray)) {
      throw new Error("no table");
    }
    const names = first === "byte" ? [apart, text] : [text, apart];
    expect(Object.keys(table.data.columns)).toEqual(names);
    expect(table.data.row(1)).toEqual({ [names[0]]: 3, [names[1]]: 4 });
    expect(file.datasetSync("enum").dtype).toMatchObject({
      kind: "enum",
      members: [
        { name: names[0], value: 5 },
        { name: names[1], value: 6 },
      ],
    });
  });

  it("stay when others change", () => {
    expect(
      judged((file) => {
        file.groupSync("g").createDatasetSync("other new", { data: 1 });
        file.groupSync("g").attrs.setSync("other new", 1);
      }),
    ).toEqual([`${both} ${many + 1}`, `${both} ${many + 1}`, all[2]]);
    expect(
      judged((file) => {
        const made = file.groupSync("g");
        made.createDatasetSync("passing", { data: 1 });
        made.deleteSync("passing");
        made.attrs.setSync("passing", 1);
        made.attrs.deleteSync("passing");
      }),
    ).toEqual(all);
  });

  it("are deleted and set one by one", () => {
    const left = { [text]: String.raw`{b'\xe4': 1}`, [apart]: String.raw`{b'\\xe4': 2}` };
    for (const name of [text, apart]) {
      expect(
        judged((file) => {
          file.groupSync("g").deleteSync(name);
          file.groupSync("g").attrs.deleteSync(name);
        }),
      ).toEqual([`${left[name]} ${many}`, `${left[name]} ${many}`, all[2]]);
    }
    const set = judged((file) => file.groupSync("g").attrs.setSync(apart, 7));
    expect(set[1]).toBe(`${String.raw`{b'\\xe4': 2, b'\xe4': 7}`} ${many}`);
    const kept = judged((file) => file.groupSync("g").attrs.setSync(apart, 8, { keepType: true }));
    expect(kept[1]).toBe(`${String.raw`{b'\\xe4': 2, b'\xe4': 8}`} ${many}`);
  });

  it("are written back as they are read", () => {
    expect(
      judged((file) => {
        const table = file.datasetSync("table");
        const value = table.readSync();
        if (value !== null && typeof value === "object" && "data" in value) table.writeSync(value);
      }),
    ).toEqual(all);
  });
});

describe("half a surrogate pair", () => {
  it("is no new name", () => {
    const path = join(scratch, "new.h5");
    const file = createSync(path);
    for (const name of [apart, "\ud800"]) {
      expect(() => file.createGroupSync(name)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
      expect(() => file.createSoftLinkSync(name, "/x")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
      expect(() => file.createSoftLinkSync("x", name)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
      expect(() => file.attrs.setSync(name, 1)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
      const dtype = { kind: "compound", members: [{ name, dtype: "int8" }] } as const;
      expect(() => file.createDatasetSync("t", { shape: [1], dtype })).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
      expect(file.hasSync(name)).toBe(false);
      expect(file.attrs.hasSync(name)).toBe(false);
    }
    file.abandonSync();
  });
});
