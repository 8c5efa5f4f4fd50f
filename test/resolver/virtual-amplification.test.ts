import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/format/index.js";
import { openSync, points } from "../../src/format/index.js";
import { flat, hasH5py, python, scratchPath } from "./support.js";

/** Virtual datasets that ask for much more than they hold; sources in the same file need no resolver. */
const setUp = `
from h5py import h5d, h5p, h5s, h5t
def virtual(f, name, mappings, extent, most=None):
    plist = h5p.create(h5p.DATASET_CREATE)
    for mapping in mappings: plist.set_virtual(*mapping)
    h5d.create(f.id, name, h5t.STD_U8LE, h5s.create_simple((extent,), (most or extent,)), plist)
def blocks(extent, *bounds):
    space = h5s.create_simple((extent,))
    space.select_none()
    for start, count in bounds: space.select_hyperslab((start,), (1,), None, (count,), op=h5s.SELECT_OR)
    return space

with h5py.File('one-chunk.h5', 'w', libver='latest') as f:
    extent = 1 << 26
    f.create_dataset('s', (extent,), 'u1', chunks=(extent,), compression='gzip')[::65536] = np.arange(1024) % 251
    whole = h5s.create_simple((200,))
    virtual(f, b'v', [(blocks(200, (i, 1)), b'.', b's', blocks(extent, (i * 65536, 1))) for i in range(200)], 200)
with h5py.File('overlap.h5', 'w', libver='latest') as f:
    extent = 1 << 24
    f.create_dataset('s', (extent,), 'u1', chunks=(extent,), compression='gzip')[5] = 1
    whole = h5s.create_simple((extent,))
    virtual(f, b'v', [(whole, b'.', b's', whole)] * 600, extent)
    virtual(f, b'twice', [(whole, b'.', b's', whole)] * 2, extent)
with h5py.File('series.h5', 'w', libver='latest') as f:
    f['s0'] = np.array([7], 'u1')
    for i in range(1, 1000): f['s%d' % i] = f['s0']
    for i in range(1000): f['t%d' % i] = np.array([i % 256], 'u1')
    grow = h5s.create_simple((1000,), (h5s.UNLIMITED,))
    def steps(i):
        grow.select_hyperslab((i,), (h5s.UNLIMITED,), (1,), (1,))
        return grow.copy()
    one = h5s.create_simple((1,))
    virtual(f, b'v', [(steps(i), b'.', b's%b', one) for i in range(300)], 1000, h5s.UNLIMITED)
    virtual(f, b'honest', [(steps(0), b'.', b't%b', one)], 1000, h5s.UNLIMITED)
with h5py.File('far-chunk.h5', 'w', libver='latest') as f:
    extent = 1 << 27
    f.create_dataset('s', (extent,), 'u1', chunks=(extent,), compression='gzip')[5] = 1
    far = blocks(extent, (0, 1), (extent - 2, 2))
    virtual(f, b'v', [(blocks(300, (3 * i, 3)), b'.', b's', far) for i in range(100)], 300)
with h5py.File('far-apart.h5', 'w', libver='latest') as f:
    extent = 1 << 32
    s = f.create_dataset('s', (extent,), 'u1', chunks=(1 << 20,), fillvalue=3)
    s[extent - 1] = 9
    far = blocks(extent, (0, 1), (extent - 2, 2))
    virtual(f, b'v', [(blocks(10, (1, 2), (7, 1)), b'.', b's', far)], 10)
    virtual(f, b'all', [(h5s.create_simple((extent,)), b'.', b's', h5s.create_simple((extent,)))], extent)
`;

/** What is still fast on a busy machine. */
const patience = 5000;

describe.runIf(hasH5py)("virtual datasets that ask for much more than they hold", () => {
  if (hasH5py) python(setUp);

  function dataset(file: string, path: string): Dataset {
    const found = openSync(scratchPath(file)).getSync(path);
    if (found.kind !== "dataset") throw new Error(`${path} is a ${found.kind}`);
    return found;
  }

  it.each([
    ["one-chunk.h5", "v", Array.from({ length: 200 }, (_, index) => index)],
    ["far-apart.h5", "v", [0, 3, 3, 0, 0, 0, 0, 9, 0, 0]],
    ["series.h5", "honest", Array.from({ length: 1000 }, (_, index) => index % 256)],
  ])("are read where that takes little: %s", (file, path, data) => {
    const started = performance.now();
    expect(flat(dataset(file, path).readSync())).toEqual({ shape: [data.length], data });
    expect(performance.now() - started).toBeLessThan(patience);
  });

  it.each([
    ["overlap.h5", "v"],
    ["series.h5", "v"],
    ["far-chunk.h5", "v"],
  ])("are refused where it takes much: %s", (file, path) => {
    const started = performance.now();
    expect(() => dataset(file, path).readSync()).toThrowError(expect.objectContaining({ code: "limit" }));
    expect(performance.now() - started).toBeLessThan(patience);
  });

  it("give single elements that are far apart", () => {
    const far = dataset("far-apart.h5", "all");
    const started = performance.now();
    const last = 2 ** 32 - 1;
    const { data } = far.readSync(points([[last], [0], [last], [2 ** 31]])) as unknown as { readonly data: Uint8Array };
    expect(data).toEqual(Uint8Array.of(9, 3, 9, 3));
    expect(performance.now() - started).toBeLessThan(patience);
  });

  it("may lie upon each other", () => {
    const { data } = dataset("overlap.h5", "twice").readSync() as unknown as { readonly data: Uint8Array };
    expect([data.length, data[5], data[6]]).toEqual([2 ** 24, 1, 0]);
  });
});
