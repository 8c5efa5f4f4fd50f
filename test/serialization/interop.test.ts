/**
 * Objects by chance between this library and Python's: python-rules.py, which needs h5py only, stands in for the latter.
 * It checks what is stored against the rules of its reference page, and stores objects itself by the same rules.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Dataset, Group, HDF5File } from "../../src/format/index.js";
import { openSync } from "../../src/format/index.js";
import { DatetimeIndex, load, loadSync, Persistable, property } from "../../src/serialization/index.js";
import { hasH5py } from "./h5py.js";
import { anyObject } from "./interop-arbitraries.js";
import type { ObjectRecord } from "./interop-values.js";
import { describeValue, fromRecord, loosened } from "./interop-values.js";

const python = "/usr/bin/python3";
const rules = new URL("./python-rules.py", import.meta.url).pathname;
const count = 200;

class Sample extends Persistable.define("interop.Sample", { content: property(), extra: property() }) {}
class Special extends Sample.define("interop.Special", { more: property() }) {}
Sample.register();
Special.register();

const folder = mkdtempSync(join(tmpdir(), "interop-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Checked {
  readonly files: readonly {
    readonly path: string;
    readonly faults: readonly string[];
    readonly value: ObjectRecord;
  }[];
  /** How often each rule was looked at. */
  readonly kept: Readonly<Record<string, number>>;
}

function run(args: readonly string[], input = ""): string {
  const options = {
    encoding: "utf8",
    input,
    maxBuffer: 1 << 30,
    env: { ...process.env, PYTHONIOENCODING: "utf-8" },
  } as const;
  const { status, stdout, stderr } = spawnSync(python, [rules, ...args], options);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function check(paths: readonly string[]): Checked {
  return JSON.parse(run(["check"], paths.map((path) => `${path}\n`).join(""))) as Checked;
}

/** Saves without a word about times that Python's library does not load. */
async function save(object: Persistable, name: string): Promise<string> {
  return await object.save(join(folder, name), { onWarning: () => undefined });
}

/** Ways to break the rules: what is done to a file, and the rules that it breaks. */
const broken: readonly (readonly [rule: string, breakIt: (root: Group, file: HDF5File) => void])[] = [
  ["root", (_, file) => file.createGroupSync("other")],
  ["class", (root) => root.attrs.deleteSync("__class__")],
  ["marker", (root) => root.attrs.setSync("__class__", "x", { dtype: { kind: "string", length: 1 } })],
  ["container", (root) => root.groupSync("content").attrs.deleteSync("__container_type__")],
  ["member", (root) => root.attrs.setSync("content", 1)],
  ["links", (root) => root.createSoftLinkSync("soft", "/root/content")],
  ["list-class", (root) => root.groupSync("content").attrs.setSync("__class__", "x")],
  ["creation-order", (root) => root.createGroupSync("untracked").attrs.setSync("__container_type__", "list")],
  ["positions", (root) => root.groupSync("content").attrs.setSync("99", 1)],
  ["text-order", (root) => rename(root.groupSync("content"), "09", "9")],
  ["short-names", (root) => rename(root.groupSync("extra"), "0", "00")],
  ["attribute", (root) => root.attrs.setSync("row", Int32Array.of(1, 2))],
  ["string", (root) => root.attrs.setSync("plain", "x", { dtype: { kind: "string", characterSet: "ascii" } })],
  ["path", (root) => root.attrs.setSync("path", "Path:here")],
  ["literal", (root) => root.attrs.setSync("odd", "x", { dtype: { kind: "string", padding: "null-padded" } })],
  [
    "number",
    (root) => root.attrs.setSync("raw", Uint8Array.of(1), { dtype: { kind: "opaque", size: 1, tag: "" }, shape: [] }),
  ],
  ["dataset-type", (root) => root.datasetSync("more").attrs.deleteSync("__dataset_type__")],
  ["chunked", (root) => array(root.createDatasetSync("whole", { data: Int8Array.of(1) }))],
  ["growing", (root) => array(root.createDatasetSync("whole", { data: Int8Array.of(1), chunks: [1] }))],
  ["array", (root) => root.datasetSync("more").attrs.setSync("unit", "K")],
  ["datetimeindex", (root) => root.datasetSync("more").attrs.setSync("__dataset_type__", index)],
  ["timezone", (root) => root.datasetSync("more").attrs.setSync("__dataset_type__", index)],
  ["zone-name", (root) => root.datasetSync("extra/1").attrs.setSync("timezone", 1)],
  ["fold", (root) => root.datasetSync("extra/1").attrs.setSync("fold", Uint8Array.of(0, 0))],
  ["timestamp", (root) => array(root.datasetSync("extra/1"), "pandas._libs.tslibs.timestamps.Timestamp")],
];
const index = "pandas.core.indexes.datetimes.DatetimeIndex";

function array(dataset: Dataset, type = "numpy.ndarray"): void {
  dataset.attrs.setSync("__dataset_type__", type);
}

function rename(list: Group, from: string, to: string): void {
  const value = list.attrs.getSync(from);
  list.attrs.deleteSync(from);
  list.attrs.setSync(to, value);
}

it.runIf(hasH5py)("the script sees each rule broken", async () => {
  const whole = new Special({
    content: Array.from({ length: 11 }, (_, at) => at),
    extra: [0, new DatetimeIndex(BigInt64Array.of(1n, 2n))],
    more: Float64Array.of(1),
  });
  const paths: string[] = [];
  for (const [rule, breakIt] of broken) {
    const path = await save(whole, `broken-${rule}`);
    const file = openSync(path, { mode: "r+" });
    breakIt(file.groupSync("root"), file);
    file.closeSync();
    paths.push(path);
  }
  const { files } = check([await save(whole, "whole"), ...paths]);
  const found = files.map(({ faults }) => faults.map((fault) => fault.split(" ")[0]));
  expect(found[0]).toEqual([]);
  for (const [at, [rule]] of broken.entries()) expect(found[at + 1], rule).toContain(rule);
});

describe.runIf(hasH5py)("objects by chance", () => {
  it(`${count} that are saved here are stored by the rules, and hold what they held`, {
    timeout: 120_000,
  }, async () => {
    const records = fc.sample(anyObject, { numRuns: count, seed: 20241027 });
    const paths: string[] = [];
    for (const [index, record] of records.entries())
      paths.push(await save(fromRecord(record) as Persistable, `here-${index}`));
    const { files, kept } = check(paths);
    for (const [index, { faults, value }] of files.entries()) {
      expect(faults, `object ${index}`).toEqual([]);
      expect(value, `object ${index}`).toEqual(records[index]);
      const loaded = await load(paths[index]);
      expect(describeValue(loaded)).toEqual(loosened(records[index]));
      expect(describeValue(loadSync(readFileSync(paths[index])))).toEqual(loosened(records[index]));
      expect(loaded.equals(fromRecord(records[index]))).toBe(true);
    }
    const missing = Object.keys(kept).filter((rule) => kept[rule] === 0);
    expect([missing, Object.keys(kept).length > 25]).toEqual([[], true]);
  });

  it(`${count} that Python stores load, and are the same when they have been saved again`, {
    timeout: 120_000,
  }, async () => {
    const theirs = mkdtempSync(join(folder, "theirs-"));
    run(["write", theirs, String(count), "jangada"]);
    const names = readdirSync(theirs).filter((name) => name.endsWith(".hdf5"));
    expect(names.length).toBe(count);
    const records = names.map(
      (name) => JSON.parse(readFileSync(join(theirs, name.replace(".hdf5", ".json")), "utf8")) as ObjectRecord,
    );
    const paths: string[] = [];
    for (const [index, name] of names.entries()) {
      const loaded = await load(join(theirs, name));
      expect(describeValue(loaded), name).toEqual(loosened(records[index]));
      paths.push(await save(loaded, `again-${index}`));
    }
    for (const [index, { path, faults, value }] of check(paths).files.entries()) {
      expect(existsSync(path)).toBe(true);
      expect(faults, names[index]).toEqual([]);
      expect(value, names[index]).toEqual(records[index]);
    }
  });
});
