import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { Dataset, HDF5File } from "../../src/format/index.js";
import { createSync, open, openSync, points, slice } from "../../src/format/index.js";
import { hasH5py, runPython } from "../serialization/h5py.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

const scratch = mkdtempSync(join(tmpdir(), "long-chunks-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const python = "/usr/bin/python3";
const script = new URL("long_chunks.py", import.meta.url).pathname;
const values = Int32Array.from({ length: 60 }, (_, index) => 3 * index + 1);
const ways = ["plain", "gzip", "skipped", "lzf", "shuffle", "shuffle-gzip", "fletcher32", "all"];
const names = ways.flatMap((way) => [4, 7, 64, 1000].map((extra) => `${way}-${extra}`));

function made(libver: string): string {
  const path = join(scratch, `${libver}.h5`);
  execFileSync(python, [script, path, libver]);
  return path;
}

function datasetOf(file: HDF5File, name: string): Dataset {
  const object = file.getSync(name);
  if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
  return object;
}

describe.runIf(hasH5py)("chunks that are stored longer than they are", () => {
  it.each(["earliest", "latest"])("give their first bytes however they are read, libver %s", async (libver) => {
    const bytes = new Uint8Array(readFileSync(made(libver)));
    const file = openSync(bytes);
    for (const name of names) {
      const dataset = datasetOf(file, name);
      expect(dataset.readSync([slice(3, 50, 2)])).toMatchObject({
        data: values.subarray(3, 50).filter((_, at) => at % 2 === 0),
      });
      // From the cache.
      expect(dataset.readSync([slice(3, 50)])).toMatchObject({ data: values.subarray(3, 50) });
      expect(dataset.readSync()).toMatchObject({ data: values });
      const target = new Int32Array(60);
      dataset.readIntoSync(target);
      expect(target).toEqual(values);
      expect(dataset.readRawSync().bytes).toEqual(new Uint8Array(values.buffer));
      expect(dataset.readSync([[40, 2, 59]])).toMatchObject({ data: Int32Array.of(121, 7, 178) });
      expect(dataset.readSync(points([[17], [0]]))).toMatchObject({ data: Int32Array.of(52, 1) });
    }
    file.closeSync();
    await using remote = await open(new NothingResidentSource(bytes, { pageSize: 512 }));
    for (const name of names) {
      const dataset = await remote.get(name);
      if (dataset.kind !== "dataset") throw new Error(`${name} is no dataset`);
      expect(await dataset.read()).toMatchObject({ data: values });
      expect(await dataset.read([[40, 2, 59]])).toMatchObject({ data: Int32Array.of(121, 7, 178) });
    }
  });

  it("can be edited in part", async () => {
    const path = made("earliest");
    const file = await open(path, { mode: "r+" });
    for (const name of names) datasetOf(file, name).writeSync(Int32Array.of(-1, -2), [slice(15, 17)]);
    await file.close();
    const expected = values.slice();
    expected.set([-1, -2], 15);
    const seen = runPython(
      "import h5py, json, sys; print(json.dumps({k: d[...].tolist() for k, d in h5py.File(sys.argv[1]).items()}))",
      path,
    );
    const found: Record<string, number[]> = JSON.parse(seen[0]);
    expect(Object.keys(found).sort()).toEqual([...names].sort());
    for (const name of names) expect(found[name]).toEqual([...expected]);
  });

  it("are refused where they are too short, or longer than memory is given for them", () => {
    const file = createSync();
    const noise = Int32Array.from({ length: 1000 }, (_, index) => Math.imul(index, 0x9e3779b1));
    const dataset = file.createDatasetSync("data", { data: noise, chunks: [1000], filters: ["deflate"] });
    file.flushSync();
    const storage = dataset.storageSync();
    if (storage.layout !== "chunked") throw new Error("no chunks");
    const read = (content: Uint8Array): unknown => {
      const bytes = file.bytes().slice();
      bytes.set(deflateSync(content), storage.chunks[0].offset);
      return datasetOf(openSync(bytes), "data").readSync();
    };
    expect(read(new Uint8Array(70_000))).toMatchObject({ data: new Int32Array(1000) });
    expect(() => read(new Uint8Array(3999))).toThrow(/inflates to 3999 bytes, expected 4000/);
    expect(() => read(new Uint8Array(200_000))).toThrow(/inflates to more than 4000 bytes/);
  });
});
