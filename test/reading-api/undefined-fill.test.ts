/** Datasets without storage whose fill value is undefined: there is nothing to read. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Dataset, HDF5File } from "../../src/format/index.js";
import { createSync, directoryResolver, mask, open, openSync, points, slice } from "../../src/format/index.js";
import { lookup3 } from "../../src/format/structures/checksum.js";
import { failure } from "../support/failure.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

const python = "/usr/bin/python3";
const hasH5py = spawnSync(python, ["-c", "import h5py"]).status === 0;
if (!hasH5py && process.env["CI"] !== undefined) throw new Error("python3 with h5py is required");

const directory = mkdtempSync(join(tmpdir(), "undefined-fill-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const versions = ["default", "earliest"] as const;
type Version = (typeof versions)[number];

/** When a fill value is written, by stored number. */
const fillTimes = { "on allocation": 0, never: 1, "if set": 2 } as const;

const names = ["contiguous", "chunked", "filtered", "partly", "compact", "empty", "stored"] as const;

function sample(libver: Version): Uint8Array {
  const file = createSync(undefined, { libver });
  const numbers = { dtype: "int32", shape: [10] } as const;
  file.createDatasetSync("contiguous", numbers);
  file.createDatasetSync("chunked", { ...numbers, chunks: [4] });
  file.createDatasetSync("filtered", { ...numbers, chunks: [4], filters: ["deflate"] });
  file.createDatasetSync("partly", { ...numbers, chunks: [4] }).writeSync(7, [slice(4, 8)]);
  file.createDatasetSync("compact", { ...numbers, layout: "compact" });
  file.createDatasetSync("empty", { dtype: "int32", shape: [0] });
  file.createDatasetSync("stored", { dtype: "int32", data: Int32Array.of(1, 2, 3) });
  file.closeSync();
  return file.bytes();
}

/** Makes the fill value of a dataset undefined. */
function undefine(bytes: Uint8Array, name: string, fillTime: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const { header } = openSync(bytes).getSync(name).state;
  const message = header?.messages.find(({ type }) => type === 0x05);
  if (!header || message === undefined) throw new Error(`${name} has no fill value message`);
  if (bytes[message.offset] === 3) {
    view.setUint8(message.offset + 1, (view.getUint8(message.offset + 1) & 3) | (fillTime << 2) | 0x10);
  } else {
    // Version, allocation time, fill time, whether it is defined, size.
    view.setUint8(message.offset + 2, fillTime);
    view.setUint8(message.offset + 3, 0);
  }
  if (header.version === 1) return;
  const { address, length } = header.chunks[message.chunk];
  view.setUint32(address + length - 4, lookup3(bytes.subarray(address, address + length - 4)), true);
}

/** The file with all fill values undefined. */
function withUndefined(libver: Version, fillTime: number): Uint8Array {
  const bytes = sample(libver);
  for (const name of names) undefine(bytes, name, fillTime);
  return bytes;
}

function datasetIn(file: HDF5File, name: string): Dataset {
  const object = file.getSync(name);
  if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
  return object;
}

/** The values of each dataset as read here; `null` where that is refused. */
function valuesIn(bytes: Uint8Array): Record<string, readonly number[] | null> {
  const file = openSync(bytes);
  return Object.fromEntries(
    names.map((name) => {
      try {
        return [name, Array.from(datasetIn(file, name).readIntoSync(new Int32Array(datasetIn(file, name).size)).data)];
      } catch {
        return [name, null];
      }
    }),
  );
}

const h5pyScript = `
import h5py, json, sys
found = []
for path in sys.argv[1:]:
    with h5py.File(path, 'r') as f:
        values = {}
        for name in f:
            try: values[name] = [int(v) for v in f[name][()]]
            except OSError: values[name] = None
        found.append(values)
print(json.dumps(found))
`;

function valuesByH5py(files: readonly Uint8Array[]): Record<string, readonly number[] | null>[] {
  const paths = files.map((bytes, index) => {
    const path = join(directory, `${index}.h5`);
    writeFileSync(path, bytes);
    return path;
  });
  const { stdout, stderr } = spawnSync(python, ["-c", h5pyScript, ...paths], { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Record<string, readonly number[] | null>[];
}

const refused = ["contiguous", "chunked", "filtered"] as const;
const nothing = new Array(10).fill(0);

describe.each(versions)("undefined fill values (libver %s)", (libver) => {
  it.each(Object.entries(fillTimes))("written %s: what has no storage has no values", (when, time) => {
    const values = valuesIn(withUndefined(libver, time));
    for (const name of refused) expect(values[name], name).toEqual(when === "never" ? nothing : null);
    expect(values["partly"]).toEqual([0, 0, 0, 0, 7, 7, 7, 7, 0, 0]);
    expect(values["compact"]).toEqual(nothing);
    expect(values["empty"]).toEqual([]);
    expect(values["stored"]).toEqual([1, 2, 3]);
  });

  it.runIf(hasH5py)("libhdf5 refuses the same", () => {
    const files = Object.values(fillTimes).map((time) => withUndefined(libver, time));
    expect(valuesByH5py(files)).toEqual(files.map(valuesIn));
  });

  it.each(refused)("%s: every way to read says so", async (name) => {
    const bytes = withUndefined(libver, fillTimes["if set"]);
    const dataset = datasetIn(openSync(bytes), name);
    const ways: (() => unknown)[] = [
      () => dataset.readSync(),
      () => dataset.readSync([3]),
      () => dataset.readSync([slice(2, 9, 3)], { view: true }),
      () => dataset.readSync([[1, 5, 5]]),
      () => dataset.readSync(points([[1], [7]])),
      () => dataset.readSync(mask(Array.from({ length: 10 }, (_, index) => index % 2 === 0))),
      () => dataset.readSync(null, { as: "float64" }),
      () => dataset.readIntoSync(new Int32Array(10)),
      () => dataset.readIntoSync(new Float64Array(10), null, { as: "float64" }),
      () => dataset.readRawSync(),
      () => [...dataset.blocksSync()],
    ];
    for (const way of ways) {
      const error = failure(way);
      expect(error).toMatchObject({ code: "unsupported", path: `/${name}` });
      expect(error.message).toContain('fill: "zeros"');
    }
    const file = await open(new NothingResidentSource(bytes));
    const object = await file.get(name);
    if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
    await expect(object.read()).rejects.toMatchObject({ code: "unsupported" });
    await expect(object.read(points([[1]]))).rejects.toMatchObject({ code: "unsupported" });
    await expect(object.readRaw()).rejects.toMatchObject({ code: "unsupported" });
    await file.close();
    // Nothing is asked for.
    expect(dataset.readSync([slice(3, 3)])).toMatchObject({ shape: [0] });
  });

  it.each(refused)('%s: fill: "zeros" asks for zeros', async (name) => {
    const bytes = withUndefined(libver, fillTimes["if set"]);
    const dataset = datasetIn(openSync(bytes), name);
    const fill = { fill: "zeros" } as const;
    expect(dataset.readSync(null, fill)).toMatchObject({ data: new Int32Array(10) });
    expect(dataset.readSync([3], fill)).toBe(0);
    expect(dataset.readSync([[1, 5]], fill)).toMatchObject({ data: new Int32Array(2) });
    expect(dataset.readIntoSync(new Int32Array(10).fill(9), null, fill).data).toEqual(new Int32Array(10));
    expect(dataset.readRawSync(null, fill).bytes).toEqual(new Uint8Array(40));
    for (const { data } of dataset.blocksSync(fill))
      expect(Array.from(data.data as Int32Array).some(Boolean)).toBe(false);
    const object = await (await open(new NothingResidentSource(bytes))).get(name);
    if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
    expect(await object.readRaw(null, fill)).toMatchObject({ count: 10 });
    expect(failure(() => dataset.readSync(null, { fill: "ones" as "zeros" })).code).toBe("invalid-argument");
  });

  it.each(refused)("%s: has values once something is written", (name) => {
    const file = openSync(withUndefined(libver, fillTimes["if set"]), { mode: "r+" });
    const dataset = datasetIn(file, name);
    expect(failure(() => dataset.readSync()).code).toBe("unsupported");
    dataset.writeSync(5, [slice(2, 4)]);
    const values = [0, 0, 5, 5, 0, 0, 0, 0, 0, 0];
    expect(dataset.readSync()).toMatchObject({ data: Int32Array.from(values) });
    file.closeSync();
    if (hasH5py) expect(valuesByH5py([file.bytes()])[0][name]).toEqual(values);
  });
});

describe("fill values of old files", () => {
  /** The file with the fill value messages turned into what libraries before 1.6 wrote, or into another message. */
  function withOld(type: number, size: number): Uint8Array {
    const bytes = sample("earliest");
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (const name of names) {
      const message = openSync(bytes)
        .getSync(name)
        .state.messages.find((candidate) => candidate.type === 0x05);
      if (message === undefined || !("offset" in message)) throw new Error(`${name} has no fill value message`);
      view.setUint16(Number(message.offset) - 8, type, true);
      view.setUint32(Number(message.offset), size, true);
      view.setUint32(Number(message.offset) + 4, 9, true);
    }
    return bytes;
  }

  it.each([
    ["a value", 0x04, 4, new Array(10).fill(9)],
    ["no value", 0x04, 0, null],
    ["no message", 0x0d, 0, null],
  ] as const)("%s", (_, type, size, expected) => {
    const bytes = withOld(type, size);
    const values = valuesIn(bytes);
    for (const name of refused) expect(values[name]).toEqual(expected);
    if (hasH5py) expect(values).toEqual(valuesByH5py([bytes])[0]);
  });
});

describe.runIf(hasH5py)("undefined fill values in virtual and external datasets", () => {
  const script = `
import h5py, numpy as np
with h5py.File('sources.h5', 'w', libver='latest') as f:
    f.create_dataset('source', shape=(4,), dtype='i4')
    f.create_dataset('outside', shape=(4,), dtype='i4', external=[('none.bin', 0, 16)])
    layout = h5py.VirtualLayout(shape=(6,), dtype='i4')
    layout[1:5] = h5py.VirtualSource('.', 'source', shape=(4,))
    f.create_virtual_dataset('virtual', layout)
    f.create_virtual_dataset('bare', h5py.VirtualLayout(shape=(6,), dtype='i4'))
open('none.bin', 'wb').write(bytes(16))
`;
  const read = `
import h5py, json, sys
with h5py.File('sources.h5', 'r') as f:
    values = {}
    for name in f:
        try: values[name] = [int(v) for v in f[name][()]]
        except OSError: values[name] = None
print(json.dumps(values))
`;

  it("are as libhdf5 has them", async () => {
    const run = (code: string): string => {
      const { stdout, stderr } = spawnSync(python, ["-c", code], { cwd: directory, encoding: "utf8" });
      expect(stderr).toBe("");
      return stdout;
    };
    run(script);
    const bytes = new Uint8Array(readFileSync(join(directory, "sources.h5")));
    for (const name of ["source", "outside", "virtual"]) undefine(bytes, name, fillTimes["if set"]);
    writeFileSync(join(directory, "sources.h5"), bytes);
    const expected = JSON.parse(run(read)) as Record<string, readonly number[] | null>;
    const file = await open(join(directory, "sources.h5"), { resolver: directoryResolver(directory) });
    for (const [name, values] of Object.entries(expected)) {
      const object = await file.get(name);
      if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
      if (values === null) {
        await expect(object.read(), name).rejects.toMatchObject({ code: "unsupported" });
        await expect(object.read([[0, 2, 3]]), name).rejects.toMatchObject({ code: "unsupported" });
        const zeros = new Int32Array(object.size);
        expect(await object.read(null, { fill: "zeros" }), name).toMatchObject({ data: zeros });
        expect(await object.read([[0, 2, 3]], { fill: "zeros" }), name).toMatchObject({ data: new Int32Array(3) });
      } else expect(await object.read(), name).toMatchObject({ data: Int32Array.from(values) });
    }
    expect(expected).toMatchObject({ source: null, virtual: null });
    await file.close();
  });
});
