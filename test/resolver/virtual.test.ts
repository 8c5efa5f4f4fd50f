import { describe, expect, it } from "vitest";
import type { Dataset, Selection } from "../../src/format/index.js";
import { openSync, slice } from "../../src/format/index.js";
import { flat, hasH5py, openBeside, openLater, python, scratchPath } from "./support.js";

const setUp = `
for i in range(4):
    with h5py.File(f's{i}.h5', 'w') as f:
        f['d'] = np.arange(60, dtype='i4').reshape(6, 10) + 1000 * i
        f['v'] = np.arange(i + 3, dtype='i8') + 100 * i
        f.create_dataset('grow', data=np.arange(4 + i, dtype='f4') + 10 * i, maxshape=(None,), chunks=(3,))
        f['text'] = np.array([f'text {i}'.encode()] * 2, dtype='S6')
        f['vlen'] = [f'one {i}', 'two']
def low(f, name, shape, maxshape, maps, dtype=h5py.h5t.STD_I32LE, fill=-1):
    dcpl = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    dcpl.set_fill_value(np.array(fill, dtype=h5py.h5t.TypeID.dtype.__get__(dtype)))
    for space, file, dset, source in maps: dcpl.set_virtual(space, file.encode(), dset.encode(), source)
    U = h5py.h5s.UNLIMITED
    h5py.h5d.create(f.id, name.encode(), dtype, h5py.h5s.create_simple(shape, tuple(U if m is None else m for m in maxshape)), dcpl)
def slab(shape, start, stride, count, block, maxshape=None):
    s = h5py.h5s.create_simple(shape, maxshape)
    s.select_hyperslab(start, count, stride, block)
    return s
def union(shape, *boxes):
    s = h5py.h5s.create_simple(shape)
    for k, (start, count) in enumerate(boxes):
        s.select_hyperslab(start, count, op=h5py.h5s.SELECT_SET if k == 0 else h5py.h5s.SELECT_OR)
    return s
U = h5py.h5s.UNLIMITED
with h5py.File('vds.h5', 'w', libver='latest') as f:
    f['own'] = np.arange(30, dtype='i4').reshape(5, 6)
    a = slab((6, 10), (0, 0), (2, 3), (3, 3), (1, 2))
    low(f, 'strided', (3, 6), (3, 6), [(h5py.h5s.create_simple((3, 6)), 's1.h5', 'd', a)])
    low(f, 'interleaved', (12, 10), (12, 10), [
        (slab((12, 10), (i, 0), (2, 1), (6, 1), (1, 10)), f's{i}.h5', '/d', h5py.h5s.create_simple((6, 10))) for i in range(2)])
    low(f, 'gaps', (9, 12), (9, 12), [
        (slab((9, 12), (1, 1), (3, 4), (2, 3), (2, 2)), 's2.h5', 'd', slab((6, 10), (1, 0), (1, 1), (1, 1), (4, 6)))])
    low(f, 'reshaped', (20, 3), (20, 3), [(h5py.h5s.create_simple((20, 3)), 's0.h5', 'd', h5py.h5s.create_simple((6, 10)))])
    low(f, 'row', (60,), (60,), [(slab((60,), (5,), (1,), (1,), (20,)), 's3.h5', 'd', slab((6, 10), (2, 0), (1, 1), (2, 1), (1, 10)))])
    low(f, 'union', (8, 8), (8, 8), [
        (union((8, 8), ((0, 0), (2, 3)), ((1, 2), (3, 4)), ((7, 7), (1, 1))), 's1.h5', 'd', union((6, 10), ((0, 0), (1, 10)), ((3, 1), (2, 3)), ((4, 9), (2, 1))))])
    low(f, 'overlap', (4, 10), (4, 10), [
        (slab((4, 10), (0, 0), (1, 1), (1, 1), (3, 10)), 's0.h5', 'd', slab((6, 10), (0, 0), (1, 1), (1, 1), (3, 10))),
        (slab((4, 10), (2, 0), (1, 1), (1, 1), (2, 10)), 's1.h5', 'd', slab((6, 10), (4, 0), (1, 1), (1, 1), (2, 10)))])
    low(f, 'series', (0, 6, 10), (None, 6, 10), [
        (slab((1, 6, 10), (0, 0, 0), (1, 1, 1), (U, 1, 1), (1, 6, 10), (U, 6, 10)), 's%b.h5', 'd', h5py.h5s.create_simple((6, 10)))])
    low(f, 'wide_series', (5, 10), (None, 10), [
        (slab((1, 10), (1, 0), (8, 1), (U, 1), (6, 10), (U, 10)), 's%b.h5', 'd', h5py.h5s.create_simple((6, 10)))])
    low(f, 'two_per_file', (0,), (None,), [
        (slab((1,), (0,), (3,), (U,), (2,), (U,)), 's%b.h5', 'v', slab((3,), (1,), (1,), (1,), (2,)))], h5py.h5t.STD_I64LE)
    for name, kw in (('unlimited', {}), ('other_type', {'dtype': h5py.h5t.STD_I16BE})):
        low(f, name, (0, 4), (None, 4), [
            (slab((1, 4), (0, i), (1, 1), (1, 1), (U, 1), (U, 4)), f's{i}.h5', 'grow', slab((1,), (0,), (1,), (1,), (U,), (U,))) for i in range(4)], **({'dtype': h5py.h5t.IEEE_F32LE} | kw))
    low(f, 'turns', (0,), (None,), [
        (slab((1,), (i,), (4,), (U,), (1,), (U,)), f's{i}.h5', 'grow', slab((1,), (0,), (1,), (1,), (U,), (U,))) for i in (0, 1, 3)], h5py.h5t.IEEE_F32LE)
    low(f, 'skipping', (0,), (None,), [
        (slab((1,), (1,), (5,), (U,), (2,), (U,)), 's3.h5', 'grow', slab((1,), (0,), (3,), (U,), (2,), (U,)))], h5py.h5t.IEEE_F32LE)
    low(f, 'narrow', (6, 10), (6, 10), [(h5py.h5s.create_simple((6, 10)), 's3.h5', 'd', h5py.h5s.create_simple((6, 10)))], h5py.h5t.STD_I8LE)
    low(f, 'unsigned', (5,), (5,), [(slab((5,), (0,), (1,), (1,), (3,)), 's0.h5', 'v', h5py.h5s.create_simple((3,)))], h5py.h5t.STD_U16BE, 9)
    low(f, 'nested', (4, 3), (4, 3), [(slab((4, 3), (0, 0), (1, 1), (1, 1), (3, 3)), 'vds.h5', 'interleaved', slab((12, 10), (2, 1), (3, 4), (3, 3), (1, 1)))])
    low(f, 'percent', (6, 10), (6, 10), [(h5py.h5s.create_simple((6, 10)), '100%%.h5', 'd', h5py.h5s.create_simple((6, 10)))])
    low(f, 'soft', (5, 6), (5, 6), [(h5py.h5s.create_simple((5, 6)), '.', '/to_own', h5py.h5s.create_simple((5, 6)))])
    f['to_own'] = h5py.SoftLink('/own')
    low(f, 'scattered_missing', (6, 10), (6, 10), [(h5py.h5s.create_simple((6, 10)), 'absent.h5', 'd', h5py.h5s.create_simple((6, 10)))])
import shutil
shutil.copy('s2.h5', '100%.h5')
`;

const names = [
  "strided",
  "interleaved",
  "gaps",
  "reshaped",
  "row",
  "union",
  "overlap",
  "series",
  "wide_series",
  "two_per_file",
  "unlimited",
  "other_type",
  "turns",
  "skipping",
  "narrow",
  "unsigned",
  "nested",
  "percent",
  "soft",
  "scattered_missing",
] as const; // prettier-ignore

/** Selections by the rank of what they are applied to, as written here and in Python. */
const selections: Record<number, readonly (readonly [Selection, string])[]> = {
  1: [
    [[slice(1, null, 2)], "1::2"],
    [[slice(3, 9)], "3:9"],
    [[slice(2, 3)], "2:3"],
  ],
  2: [
    [[slice(1, null, 2), slice(0, null, 3)], "1::2,0::3"],
    [[slice(2, 4), slice(1, 3)], "2:4,1:3"],
    [[1, null], "1"],
    [[null, slice(2, 3)], ":,2:3"],
  ],
  3: [
    [[2, slice(1, 5, 2), null], "2,1:5:2"],
    [[slice(0, 4, 3), null, 7], "0:4:3,:,7"],
  ],
};

type Expected = Record<string, { shape: number[]; data: number[]; parts: Record<string, unknown> }>;

describe.skipIf(!hasH5py)("virtual datasets", () => {
  const expected = !hasH5py
    ? {}
    : (python(`${setUp}
def plain(a): return {'shape': list(a.shape), 'data': [float(x) for x in a.ravel()]}
texts = ${JSON.stringify(Object.fromEntries(Object.entries(selections).map(([rank, list]) => [rank, list.map(([, text]) => text)])))}
out = {}
with h5py.File('vds.h5') as f:
    for name in ${JSON.stringify(names)}:
        d = f[name]
        parts = {t: plain(np.asarray(eval(f'd[{t}]'))) for t in texts[str(d.ndim)] if not (t.split(',')[0].isdigit() and int(t.split(',')[0]) >= d.shape[0])}
        out[name] = {**plain(d[()]), 'parts': parts}
print(json.dumps(out))
`) as Expected);

  it.each(names)("have the values that libhdf5 has: %s", async (name) => {
    const wanted = expected[name];
    const file = openBeside("vds.h5");
    const dataset = file.getSync(name) as Dataset;
    expect(flat(dataset.readSync())).toEqual({ shape: wanted.shape, data: wanted.data });
    const list = selections[wanted.shape.length];
    for (const [text, part] of Object.entries(wanted.parts)) {
      const [selection] = list.find(([, candidate]) => candidate === text) ?? [];
      expect(flat(dataset.readSync(selection)), text).toEqual(part);
    }
    file.closeSync();
    const later = await openLater("vds.h5");
    const same = (await later.get(name)) as Dataset;
    expect(flat(await same.read())).toEqual({ shape: wanted.shape, data: wanted.data });
    await later.close();
  });

  it("read what is in the same file without a resolver, and say what the rest needs", () => {
    const file = openSync(scratchPath("vds.h5"));
    expect(flat((file.getSync("soft") as Dataset).readSync())).toMatchObject({ shape: [5, 6] });
    expect(() => (file.getSync("strided") as Dataset).readSync()).toThrow(/open the file with \{ resolver \}/);
    expect((file.getSync("series") as Dataset).shape).toEqual([0, 6, 10]);
    file.closeSync();
  });

  it("keep few of many source files open", () => {
    python(`
for i in range(200):
    with h5py.File(f'many{i}.h5', 'w') as f: f['d'] = [i]
L = h5py.VirtualLayout((200,), 'i4')
for i in range(200): L[i] = h5py.VirtualSource(f'many{i}.h5', 'd', shape=(1,))[0]
with h5py.File('many.h5', 'w', libver='latest') as f: f.create_virtual_dataset('v', L)
`);
    const file = openBeside("many.h5");
    const all = (file.getSync("v") as Dataset).readSync() as { readonly data: ArrayLike<number> };
    expect(Array.from(all.data)).toEqual(Array.from({ length: 200 }, (_, index) => index));
    file.closeSync();
  });

  it("refuse variable-length elements of other files and sources that are too small", () => {
    python(`
with h5py.File('odd.h5', 'w', libver='latest') as f:
    L = h5py.VirtualLayout((2,), h5py.string_dtype())
    L[:] = h5py.VirtualSource('s0.h5', 'vlen', shape=(2,))
    f.create_virtual_dataset('vlen', L)
    L = h5py.VirtualLayout((50,), 'i8')
    L[:] = h5py.VirtualSource('s0.h5', 'v', shape=(50,))
    f.create_virtual_dataset('small', L)
    L = h5py.VirtualLayout((2,), 'S4')
    L[:] = h5py.VirtualSource('s0.h5', 'text', shape=(2,))
    f.create_virtual_dataset('text', L)
    f['local'] = ['in the', 'same file']
    L = h5py.VirtualLayout((3,), h5py.string_dtype())
    L[:2] = h5py.VirtualSource('.', 'local', shape=(2,))
    f.create_virtual_dataset('own', L)
`);
    const file = openBeside("odd.h5");
    const read = (name: string) => (file.getSync(name) as Dataset).readSync();
    expect(() => read("vlen")).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(() => read("small")).toThrow(expect.objectContaining({ code: "corrupt" }));
    expect(read("text")).toMatchObject({ data: ["text", "text"] });
    expect(read("own")).toMatchObject({ data: ["in the", "same file", ""] });
    file.closeSync();
  });
});

describe.skipIf(!hasH5py)("hostile virtual datasets", () => {
  if (hasH5py) {
    python(`${setUp}
with h5py.File('hostile.h5', 'w', libver='latest') as f:
    one = h5py.h5s.create_simple((1,))
    low(f, 'self', (1,), (1,), [(one, '.', 'self', one)])
    low(f, 'ping', (1,), (1,), [(one, 'hostile.h5', 'pong', one)])
    low(f, 'pong', (1,), (1,), [(one, 'hostile.h5', 'ping', one)])
    for level in range(12):
        low(f, f'tree{level}', (2,), (2,), [(h5py.h5s.create_simple((2,)), '.', f'tree{level + 1}', h5py.h5s.create_simple((2,))) for i in range(64)])
    whole = slab((1,), (0,), (1,), (1,), (U,), (U,))
    low(f, 'grows', (1,), (None,), [(whole, '.', 'grows', whole)])
`);
  }
  const read = (name: string) => {
    const file = openBeside("hostile.h5");
    try {
      return (file.getSync(name) as Dataset).readSync();
    } finally {
      file.closeSync();
    }
  };

  it.each(["self", "ping", "grows", "tree0"])("end with an error: %s", (name) => {
    expect(() => read(name)).toThrow(expect.objectContaining({ code: "limit" }));
  });
});
