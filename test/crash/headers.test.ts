/** Object headers that libhdf5 placed across a sector: every change of them leaves the old or the new object. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { HDF5Error } from "../../src/format/errors.js";
import type { HDF5File } from "../../src/format/file.js";
import type { Group, HDF5Object } from "../../src/format/group.js";
import { openSync } from "../../src/format/index.js";
import { withinSector } from "../../src/format/storage/sectors.js";
import type { RecordingDevice } from "../support/recording-device.js";
import { openImage } from "./files.js";
import type { Trial } from "./images.js";
import { imagesOf, judgeTrials, record, seeded } from "./images.js";
import { hasJudges } from "./judge.js";
import { plain } from "./snapshot.js";

/** `JANGADA_CRASH_SCALE` multiplies the objects. */
const scale = Number(process.env["JANGADA_CRASH_SCALE"] ?? 1);
const objects = 96 * scale;

const directory = mkdtempSync(join(tmpdir(), "headers-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Objects of eight kinds, with something of random length before each. */
const script = `
import h5py, numpy as np, sys, random
path, libver, track, n = sys.argv[1], sys.argv[2] or None, sys.argv[3] == 'true', int(sys.argv[4])
random.seed(2)
h5py.get_config().track_order = track
def links(g, count):
    for i in range(count): g[f'l{i}'] = h5py.SoftLink('/x')
def attributes(o, count):
    for i in range(count): o.attrs[f'a{i}'] = i
with h5py.File(path, 'w', libver=libver) as f:
    for i in range(n):
        f.create_group(f'padding{i}').attrs['x'] = np.zeros(random.randrange(1, 300), 'u1')
        name, kind = f'o{i}', i % 8
        if kind < 3: links(f.create_group(name), (0, 3, 12)[kind])
        elif kind == 3: attributes(f.create_group(name), 3)
        elif kind == 4: f[name] = np.arange(10)
        elif kind == 5:
            f.create_dataset(name, data=np.arange(10), chunks=(4,), maxshape=(None,), compression=4)
        elif kind == 6: attributes(f.create_dataset(name, data=np.arange(10)), 10)
        elif kind == 7:
            attributes(f.create_dataset(name, data=np.arange(10), chunks=(4,), maxshape=(None,)), 1)
`;

function byH5py(libver: "" | "latest", track: boolean, count = objects): Uint8Array {
  const path = join(directory, "base.h5");
  const { status, stderr } = spawnSync("/usr/bin/python3", ["-c", script, path, libver, String(track), String(count)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return new Uint8Array(readFileSync(path));
}

interface Edit {
  readonly name: string;
  readonly edit: (object: HDF5Object) => void;
}

function firstOf(names: readonly string[]): string[] {
  return names.slice(0, 1);
}

const edits: readonly Edit[] = [
  { name: "a new attribute", edit: (object) => object.attrs.setSync("unit", "mV") },
  {
    name: "a longer attribute",
    edit: (object) => {
      for (const name of firstOf(object.attrs.keysSync())) object.attrs.setSync(name, "longer than it was before");
    },
  },
  {
    name: "an attribute less",
    edit: (object) => {
      for (const name of firstOf(object.attrs.keysSync())) object.attrs.deleteSync(name);
    },
  },
  {
    name: "a new link",
    edit: (object) => {
      if (object.kind === "group") object.createSoftLinkSync("new", "/y");
    },
  },
  {
    name: "a dozen links",
    edit: (object) => {
      if (object.kind === "group") for (let link = 0; link < 12; link++) object.createSoftLinkSync(`new${link}`, "/y");
    },
  },
  {
    name: "a link less",
    edit: (object) => {
      if (object.kind === "group") for (const name of firstOf(object.keysSync())) object.deleteSync(name);
    },
  },
  {
    name: "more elements",
    edit: (object) => {
      if (object.kind === "dataset" && object.chunks !== null && object.state.headerVersion === 1)
        object.appendSync(BigInt64Array.of(1n, 2n, 3n, 4n, 5n));
    },
  },
  {
    name: "one more hard link",
    // The judge edits what it finds, groups once only.
    edit: (object) => {
      if (object.kind === "dataset") object.file.createHardLinkSync(`again-${object.name}`, object);
    },
  },
];

/** Everything of one object. */
function described(file: HDF5File, path: string): string {
  const object = file.getSync(path);
  const attributes = object.attrs.keysSync().map((name) => [name, object.attrs.getSync(name)]);
  const links = object.kind === "group" ? object.linksSync().map(({ name, kind }) => [name, kind]) : [];
  const values =
    object.kind === "dataset" ? (object.readSync(null, { as: "float64" }) as { data: unknown }).data : null;
  return plain([attributes, links, values]);
}

/** Changes in place of a header that the device may cut. */
function crossing(device: RecordingDevice, headers: readonly HDF5Object[]): number {
  return device.events.filter(
    (event) =>
      event.kind === "write" &&
      !withinSector(event.offset, event.bytes.length) &&
      headers.some(({ state }) => state.header?.chunks.some((chunk) => isIn(event.offset, chunk))),
  ).length;
}

function isIn(offset: number, { address, length }: { readonly address: number; readonly length: number }): boolean {
  return offset >= address && offset < address + length;
}

/** The one change that no other does instead: old headers of nothing but a symbol table that get a second message. */
function hasNoOtherWay({ state }: HDF5Object, edit: string): boolean {
  const [chunk0] = state.header?.chunks ?? [];
  return state.headerVersion === 1 && chunk0.messagesLength === 24 && edit === "a new attribute";
}

interface Found {
  readonly problems: string[];
  readonly trials: Trial[];
  changes: number;
  crossing: number;
}

function examine(bytes: Uint8Array, path: string, { name, edit }: Edit, found: Found): void {
  const device = record(bytes, (file) => edit(file.getSync(path)));
  if (device.events.length === 0) return;
  found.changes++;
  const original = openImage(bytes);
  const cut = crossing(device, [original, original.getSync(path)]);
  found.crossing += cut;
  if (cut > 0) found.problems.push(`${path}, ${name}: ${cut} changes cross a sector`);
  const before = described(original, path);
  const after = described(openImage(device.bytes()), path);
  const images = [...imagesOf(device, 6, found.changes)];
  for (const image of images) {
    try {
      const now = described(openImage(image.bytes), path);
      if (now !== before && now !== after) found.problems.push(`${path}, ${name}, ${image.description}: ${now}`);
    } catch (error) {
      if (!(error instanceof HDF5Error)) throw error;
      found.problems.push(`${path}, ${name}, ${image.description}: ${error.message}`);
    }
  }
  const random = seeded(found.changes);
  const chosen = images.filter(() => random() < 1 / images.length);
  found.trials.push({ name: `${path}, ${name}`, before: bytes, after: device.bytes(), chosen });
}

/** Whether what changes of a header may lie in two sectors. */
function isNearEdge(object: HDF5Object): boolean {
  const place = object.address % 512;
  return place >= 512 - 100;
}

describe.runIf(hasJudges)("headers of h5py's files that lie across a sector", () => {
  const figures: string[] = [];
  afterAll(() => console.info(figures.join("\n")));

  it.each([
    ["latest files", "latest", false],
    ["latest files with tracked order", "latest", true],
    ["default files", "", false],
    ["default files with tracked order", "", true],
  ] as const)("%s", { timeout: 600_000 }, (name, libver, track) => {
    const bytes = byH5py(libver, track);
    const file = openImage(bytes);
    const found: Found = { problems: [], trials: [], changes: 0, crossing: 0 };
    for (let number = 0; number < objects; number++) {
      const object = file.getSync(`o${number}`);
      if (!isNearEdge(object)) continue;
      for (const edit of edits) if (!hasNoOtherWay(object, edit.name)) examine(bytes, `/o${number}`, edit, found);
    }
    figures.push(`${name}: ${found.crossing} of ${found.changes} changes near an edge cross it`);
    expect(found.changes).toBeGreaterThan(40);
    expect(found.problems).toEqual([]);
    expect(judgeTrials(found.trials.filter((_, index) => index % 8 === 0))).toEqual([]);
  });

  /** Groups of nothing but a symbol table whose two addresses lie in two sectors. */
  function apart(file: HDF5File, count: number): Group[] {
    const groups = Array.from({ length: count }, (_, number) => file.getSync(`o${number}`)).flatMap((object) =>
      object.kind === "group" && object.address % 512 === 480 ? [object] : [],
    );
    return groups.filter(({ state }) => state.header?.chunks[0].messagesLength === 24);
  }

  it("symbol tables whose two addresses lie in two sectors", { timeout: 600_000 }, () => {
    const bytes = byH5py("", false, 720);
    const found: Found = { problems: [], trials: [], changes: 0, crossing: 0 };
    for (const { path } of apart(openImage(bytes), 720)) {
      for (const edit of edits) if (/ links?/.test(edit.name)) examine(bytes, String(path), edit, found);
    }
    expect(found.changes).toBeGreaterThan(5);
    expect(found.problems).toEqual([]);
    expect(judgeTrials(found.trials.filter((_, index) => index % 4 === 0))).toEqual([]);
  });

  it("such symbol tables through many commits, as h5py finds and changes them", () => {
    const path = join(directory, "many.h5");
    writeFileSync(path, byH5py("", false, 720));
    const file = openSync(path, { mode: "r+" });
    const expected: Record<string, string[]> = {};
    for (const group of apart(file, 720)) {
      const names = new Set(group.keysSync());
      for (let turn = 0; turn < 30; turn++) {
        const name = `${"long ".repeat(turn % 4)}${turn % 7}`;
        if (names.delete(name)) group.deleteSync(name);
        else {
          group.createSoftLinkSync(name, turn % 2 === 0 ? name : "/y");
          names.add(name);
        }
        if (turn === 11)
          for (const old of group.keysSync().filter((key) => key.startsWith("l1"))) {
            group.deleteSync(old);
            names.delete(old);
          }
        file.flushSync();
      }
      expected[String(group.path)] = [...names].sort();
    }
    file.closeSync();
    const judge = `
import h5py, json, sys
expected = json.loads(sys.argv[2])
for turn in range(2):
    with h5py.File(sys.argv[1], 'r+') as f:
        for path, names in expected.items():
            assert sorted(f[path]) == sorted(names), (path, sorted(f[path]), names)
            for name in names:
                target = f[path].get(name, getlink=True).path
                assert target in (name, '/x', '/y'), (name, target)
            for name in names[::2]: del f[path][name]
            del names[::2]
            for i in range(9):
                f[path][f'by h5py {turn} {i}'] = h5py.SoftLink('/y')
                names.append(f'by h5py {turn} {i}')
print('right')
`;
    expect(Object.keys(expected).length).toBeGreaterThan(1);
    const { stdout, stderr } = spawnSync("/usr/bin/python3", ["-c", judge, path, JSON.stringify(expected)], {
      encoding: "utf8",
    });
    expect([stdout, stderr]).toEqual(["right\n", ""]);
  });
});
