/** Wherever raw data are said to lie: writing them is refused, or leaves all else as it was. */
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dataset, HDF5File } from "../../src/format/index.js";
import { HDF5Error, openSync, slice } from "../../src/format/index.js";
import { chunkIndex } from "../../src/format/objects/dataset-state.js";
import { hasH5py, python, scratchPath } from "../structures/support.js";
import { chunked, contiguous, datasetIn, libvers, look, moved, sample } from "./misplaced.js";

interface Extent {
  readonly start: number;
  readonly end: number;
}

/** Where the file says that a dataset's elements are. */
function extentsOf(dataset: Dataset): Extent[] {
  const { layout, dataspace } = dataset.stored;
  const extent = (start: number, length: number): Extent => ({ start, end: start + length });
  if (layout.kind === "contiguous" && layout.address !== null && layout.size !== null) {
    return [extent(layout.address, layout.size)];
  }
  if (layout.kind !== "chunked") return [];
  const records = chunkIndex(dataset.state, layout)?.find([0], dataspace.dimensions) ?? [];
  return records.map(({ address, size }) => extent(address, size));
}

function overlap(some: readonly Extent[], others: readonly Extent[]): boolean {
  return some.some(({ start, end }) => others.some((other) => start < other.end && other.start < end));
}

/** All objects by their paths, with their attributes and values, but for the datasets that are left out. */
function contents(file: HDF5File, leftOut: ReadonlySet<string>): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const { path, object } of file.visitSync()) {
    if (object === null || leftOut.has(path) || path.startsWith("/new")) continue;
    const attributes = [...object.attrs.keysSync()].map((name) => [name, object.attrs.getSync(name)]);
    found.set(path, [object.kind, attributes, object.kind === "dataset" ? object.readSync() : null]);
  }
  return found;
}

/** Names of datasets whose elements another dataset is said to share. */
function sharers(file: HDF5File, name: string): Set<string> {
  const own = extentsOf(datasetIn(file, name));
  const others = [...contiguous, ...chunked].filter((other) => other !== name);
  return new Set(
    [name, ...others.filter((other) => overlap(own, extentsOf(datasetIn(file, other))))].map((n) => `/${n}`),
  );
}

/** Changes the dataset and then more, in what space there is; answers whether the change was refused. */
function isRefused(file: HDF5File, name: string, isWhole: boolean): boolean {
  const dataset = datasetIn(file, name);
  let refused = false;
  try {
    dataset.writeSync(dataset.dtype === "int32" ? 7 : "seven", isWhole ? undefined : [slice(2, 3)]);
  } catch (error) {
    if (!(error instanceof HDF5Error) || error.code !== "corrupt") throw error;
    refused = true;
  }
  for (let round = 0; round < 3; round++) {
    file.flushSync();
    file.createDatasetSync(`new${round}`, { data: new Uint8Array(100 + 50 * round).fill(0xa0 + round) });
    file.createGroupSync(`newGroup${round}`).attrs.setSync("round", round);
  }
  file.closeSync();
  return refused;
}

describe.each(libvers)("libver %s: raw data anywhere", (libver) => {
  const bytes = sample(libver);
  it("are not written, or nothing else changes", { timeout: 120_000 }, () => {
    let refusals = 0;
    const judged: { readonly name: string; readonly leftOut: readonly string[]; readonly after: Uint8Array }[] = [];
    const check = (name: string, address: number, isWhole: boolean): void => {
      const hostile = moved(bytes, name, address);
      const file = openSync(hostile.slice(), { mode: "r+" });
      look(file, name);
      const leftOut = sharers(file, name);
      const before = contents(openSync(hostile), leftOut);
      if (isRefused(file, name, isWhole)) refusals++;
      else judged.push({ name, leftOut: [...leftOut], after: file.bytes() });
      expect(contents(openSync(file.bytes()), leftOut)).toEqual(before);
    };
    fc.assert(
      fc.property(fc.constantFrom(...contiguous, ...chunked), fc.nat(bytes.length + 100), fc.boolean(), check),
      { numRuns: 400 },
    );
    expect(refusals).toBeGreaterThan(100);
    expect(judged.length).toBeGreaterThan(10);
    if (hasH5py) judgeByH5py(bytes, judged.slice(0, 12));
  });
});

/** Requires that h5py reads of each file what it reads of the sample, but for what is left out. */
function judgeByH5py(
  bytes: Uint8Array,
  judged: readonly { readonly leftOut: readonly string[]; readonly after: Uint8Array }[],
): void {
  const path = (index: number | string) => scratchPath(`anywhere-${index}.h5`);
  writeFileSync(path("sample"), bytes);
  const cases = judged.map(({ leftOut, after }, index) => {
    writeFileSync(path(index), after);
    return [path(index), leftOut.map((name) => name.slice(1))];
  });
  const output = python(`
def contents(path, left_out):
    found = {}
    with h5py.File(path, "r") as f:
        def visit(name, item):
            if name in left_out or name.startswith("new"): return
            found[name] = (type(item).__name__, {k: repr(v) for k, v in item.attrs.items()},
                           repr(item[()].tolist()) if isinstance(item, h5py.Dataset) else None)
        f.visititems(visit)
    return found
for path, left_out in ${JSON.stringify(cases)}:
    assert contents(path, left_out) == contents(${JSON.stringify(path("sample"))}, left_out), path
print("true")
`);
  expect(output).toBe(true);
}
