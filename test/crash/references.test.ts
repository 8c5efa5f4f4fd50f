/** Elements that refer to the heap or to objects, rewritten in storage that has no filter. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Dataset } from "../../src/format/dataset.js";
import type { HDF5File } from "../../src/format/file.js";
import { slice } from "../../src/format/selection/selection.js";
import { RecordingDevice } from "../support/recording-device.js";
import { createOn, openImage, openOn } from "./files.js";
import type { Trial } from "./images.js";
import { examine, judgeTrials } from "./images.js";
import { hasJudges } from "./judge.js";

const directory = mkdtempSync(join(tmpdir(), "references-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Elements of each dataset: several sectors of them. */
const count = 70;

const script = `
import h5py, numpy as np, sys
path, libver, padding = sys.argv[1], sys.argv[2] or None, int(sys.argv[3])
n = ${count}
with h5py.File(path, 'w', libver=libver) as f:
    f['padding'] = np.zeros(padding + 1, 'u1')
    text = h5py.string_dtype()
    f['target'] = np.arange(12)
    words = [f'word {i}' for i in range(n)]
    f.create_dataset('words', data=words, dtype=text)
    f.create_dataset('chunks', data=words, dtype=text, maxshape=(None,), chunks=(50,))
    pairs = np.empty(n, dtype=[('number', 'i4'), ('text', text)])
    pairs['number'] = np.arange(n); pairs['text'] = words
    f.create_dataset('pairs', data=pairs)
    f.create_dataset('pair chunks', data=pairs, maxshape=(None,), chunks=(50,))
    lists = f.create_dataset('lists', (n,), dtype=h5py.vlen_dtype('i2'))
    for i in range(n): lists[i] = np.arange(i % 5 + 1, dtype='i2')
    objects = f.create_dataset('objects', (n,), dtype=h5py.ref_dtype)
    for i in range(n): objects[i] = f['words' if i % 2 else 'pairs'].ref
    regions = f.create_dataset('regions', (n,), dtype=h5py.regionref_dtype)
    for i in range(n): regions[i] = f['target'].regionref[i % 7:i % 7 + 3]
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((n,))
    h5py.h5d.create(f.id, b'compact', h5py.h5t.py_create(text, logical=True), space, plist)
    f['compact'][...] = words
`;

function byH5py(libver: "" | "latest", padding: number): Uint8Array {
  const path = join(directory, "base.h5");
  const { status, stderr } = spawnSync("/usr/bin/python3", ["-c", script, path, libver, String(padding)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return new Uint8Array(readFileSync(path));
}

function ours(libver: "default" | "earliest"): Uint8Array {
  const device = new RecordingDevice();
  const file = createOn(device, { libver });
  const words = Array.from({ length: count }, (_, index) => `word ${index}`);
  file.createDatasetSync("target", { data: Int32Array.from({ length: 12 }, (_, index) => index) });
  file.createDatasetSync("words", { data: words });
  file.createDatasetSync("chunks", { data: words, maxShape: [null], chunks: [50] });
  file.createDatasetSync("compact", { data: words, layout: "compact" });
  const pair = {
    kind: "compound",
    members: [
      { name: "number", dtype: "int32" },
      { name: "text", dtype: "string" },
    ],
  } as const;
  const pairs = words.map((text, number) => ({ number, text }));
  file.createDatasetSync("pairs", { data: pairs, dtype: pair });
  file.createDatasetSync("pair chunks", { data: pairs, dtype: pair, maxShape: [null], chunks: [50] });
  file.closeSync();
  return device.bytes().slice();
}

function dataset(file: HDF5File, path: string): Dataset {
  const object = file.getSync(path);
  if (object.kind !== "dataset") throw new Error(`${path} is not a dataset`);
  return object;
}

/** New values for elements of a dataset. */
function newValues(file: HDF5File, name: string, length: number): unknown {
  const many = <Item>(item: (index: number) => Item): Item[] => Array.from({ length }, (_, index) => item(index));
  switch (name) {
    case "pairs":
    case "pair chunks":
      return many((index) => ({ number: -index, text: `another text ${index}` }));
    case "lists":
      return many((index) => Int16Array.from({ length: (index % 3) + 2 }, () => -index));
    case "objects":
      return many(() => dataset(file, "target").reference());
    case "regions":
      return many((index) => dataset(file, "target").regionReference([slice(index % 4, 10)]));
    default:
      return many((index) => `another text ${index}`);
  }
}

interface Way {
  readonly name: string;
  readonly edit: (file: HDF5File, dataset: Dataset, name: string) => void;
}

const ways: readonly Way[] = [
  { name: "all", edit: (file, set, name) => set.writeSync(newValues(file, name, count)) },
  {
    name: "few at a time, some twice",
    edit: (file, set, name) => {
      for (let index = 0; index + 2 <= count; index += 3)
        set.writeSync(newValues(file, name, 2), [slice(index, index + 2)]);
      set.writeSync(newValues(file, name, 5), [slice(28, 33)]);
    },
  },
  {
    name: "every other, in one call",
    edit: (file, set, name) => set.writeSync(newValues(file, name, count / 2), [slice(0, count, 2)]),
  },
  {
    name: "read back before the flush",
    edit: (file, set, name) => {
      set.writeSync(newValues(file, name, 40), [slice(5, 45)]);
      set.readSync();
      set.readSync([[4, 5, 44, 45]]);
      set.writeSync(newValues(file, name, 3), [slice(60, 63)]);
    },
  },
];

/** `JANGADA_CRASH_SCALE` multiplies the images, and adds files whose structures lie elsewhere. */
const scale = Number(process.env["JANGADA_CRASH_SCALE"] ?? 1);

const bases: readonly { readonly name: string; readonly bytes: () => Uint8Array; readonly sets: readonly string[] }[] =
  [
    ...(["default", "earliest"] as const).map((libver) => ({
      name: `our files, libver ${libver}`,
      bytes: () => ours(libver),
      sets: ["words", "chunks", "compact", "pairs", "pair chunks"],
    })),
    ...(hasJudges ? [0, 8, 4, 130].slice(0, 2 * scale) : []).map((padding) => ({
      name: `h5py's files, ${padding} bytes further`,
      bytes: () => byH5py("", padding),
      sets: ["words", "chunks", "compact", "pairs", "pair chunks", "lists", "objects", "regions"],
    })),
    ...(hasJudges ? [0, 3, 1, 2, 5, 7].slice(0, 2 * scale) : []).map((padding) => ({
      name: `h5py's latest files, ${padding} bytes further`,
      bytes: () => byH5py("latest", padding),
      sets: ["words", "compact", "pairs", "lists", "objects", "regions"],
    })),
  ];

describe("each element is as before or as after, and can be read, whatever a crash leaves of the write", () => {
  for (const base of bases) {
    describe(base.name, () => {
      const bytes = base.bytes();
      const trials: Trial[] = [];
      for (const name of base.sets) {
        it(name, { timeout: 60_000 }, () => {
          ways.forEach((way, index) => {
            const edit = (file: HDF5File): void => way.edit(file, dataset(file, name), name);
            const scenario = { name: `${name}, ${way.name}`, edit };
            const { problems, trial } = examine(scenario, bytes, {
              subsets: 12 * scale,
              judged: scale / 2,
              seed: index,
            });
            trials.push(trial);
            expect(problems, way.name).toEqual([]);
          });
        });
      }
      it.runIf(hasJudges)("as h5py and h5dump find too", { timeout: 120_000 }, () => {
        expect(judgeTrials(trials)).toEqual([]);
      });
    });
  }
});

describe("references that a commit must make durable first", () => {
  /** Ranges of the file that were written over. */
  function overwritten(device: RecordingDevice, length: number): number[] {
    return device.events.flatMap((event) => (event.kind === "write" && event.offset < length ? [event.offset] : []));
  }

  it.each(["words", "chunks", "pairs", "pair chunks", "compact"])("%s: are not written early", (name) => {
    const bytes = ours("default");
    const device = new RecordingDevice(bytes);
    const file = openOn(device);
    const set = dataset(file, name);
    set.writeSync(newValues(file, name, 10), [slice(3, 13)]);
    set.readSync();
    // More than may wait makes everything else that waits be written.
    file.createDatasetSync("long", { data: new Float64Array(2_000_000) });
    set.readSync([[3, 12]]);
    expect(overwritten(device, bytes.length)).toEqual([]);
    file.abandonSync();
    expect(device.bytes().subarray(0, bytes.length)).toEqual(bytes);
  });

  it("go to new space where more of them are changed than may wait", () => {
    const many = 700_000;
    const device = new RecordingDevice();
    const created = createOn(device);
    created.createDatasetSync("many", { data: "word", shape: [many] });
    created.closeSync();
    const bytes = device.bytes().slice();
    const again = new RecordingDevice(bytes);
    const file = openOn(again);
    const set = dataset(file, "many");
    const block = (): number | null => (set.stored.layout.kind === "contiguous" ? set.stored.layout.address : null);
    const before = block();
    set.writeSync("few", [slice(0, 1000)]);
    expect(block()).toBe(before);
    set.writeSync("many", [slice(500, 600_000)]);
    expect(block()).not.toBe(before);
    set.writeSync("last", [many - 1]);
    const expected = (index: number): string =>
      index === many - 1 ? "last" : index < 500 ? "few" : index < 600_000 ? "many" : "word";
    const indices = [0, 499, 500, 999, 1000, 599_999, 600_000, many - 2, many - 1];
    expect(set.readSync([indices])).toMatchObject({ data: indices.map(expected) });
    expect(overwritten(again, bytes.length)).toEqual([]);
    file.closeSync();
    const read = dataset(openImage(again.bytes()), "many").readSync([indices]);
    expect(read).toMatchObject({ data: indices.map(expected) });
  });

  it("are placed so that none lies across two sectors, where their size allows it", () => {
    const device = new RecordingDevice();
    const file = createOn(device);
    for (let index = 0; index < 12; index++) {
      file.createDatasetSync(`odd${index}`, { data: new Uint8Array(1 + 8 * (index % 3)) });
      file.createDatasetSync(`words${index}`, { data: ["a", "b", "c"] });
      file.createDatasetSync(`part${index}`, { shape: [3], dtype: "string" }).writeSync("x", [1]);
      file.createDatasetSync(`grows${index}`, { data: ["a", "b", "c"], maxShape: [null], chunks: [3] });
    }
    file.closeSync();
    const opened = openImage(device.bytes());
    for (const name of opened.keysSync().filter((key) => !key.startsWith("odd"))) {
      const storage = dataset(opened, name).storageSync();
      const offsets =
        storage.layout === "chunked"
          ? storage.chunks.map(({ offset }) => offset)
          : storage.layout === "contiguous"
            ? [storage.offset]
            : [];
      expect(offsets).toHaveLength(1);
      expect(Number(offsets[0]) % 16, name).toBe(0);
    }
  });
});
