import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import "../../src/filters/all.js";
import { HDF5Error, openSync } from "../../src/format/index.js";
import type { WrittenBack } from "./write-back.js";
import { encodeBack, writeBack } from "./write-back.js";

const golden = fileURLToPath(new URL("../../golden-files", import.meta.url));
const corpus = process.env["JANGADA_CORPUS"];

/** Why values are not written, or not read, by reasons that the documents name; all others come back. */
const documented = [
  /editing a file (with|that keeps) /,
  /writing to (chunks with an? |a dataset with a version [12] data layout)/,
  /writing with filter /,
  /is not supported; registerFilter can add it/,
  /is not read unless allowed: open the file with \{ resolver \}/,
  /a virtual dataset is not supported/,
  /that float64 cannot hold exactly/,
  /nothing was stored yet and the fill value is undefined/,
  /ZFP codec version 7/,
  /too large for this test/,
  // A reference to nowhere, in hdfview's bug1604_CompoundTest.h5.
  /an address in an element exceeds 2\^53 - 1/,
];

/** Values of which the format has several encodings. Regions are written in the oldest that has them. */
const regions = /(regs|rr|refs|aref|_refs?_dset|_ref_region_dset|Sel_ex32_reg_dset|trefer_reg.h5 \/Dataset1): /;
/** NaN keeps its bits in floats of 16, 32 and 64 bits, save in arrays of JavaScript's numbers. */
const nanOfOtherFloats = /\/(FLOAT_\w+|DS8BITS\w+)(@\w+)?: /;
const nanInRows = /\/(IEEE_F16[BL]E|COMPLEX_IEEE_F16[BL]E|nanpay|fp1[5-8](_COPY)?): /;

const files = new Map<string, readonly string[]>();

/** Files that can be opened, for changing if at all: no parts of others, and none that are damaged on purpose. */
function filesIn(directory: string): readonly string[] {
  let found = files.get(directory);
  found ??= readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile() && statSync(path).size < 8 << 20 && canBeOpened(path))
    .sort();
  files.set(directory, found);
  return found;
}

function canBeOpened(path: string): boolean {
  try {
    const file = openSync(new Uint8Array(readFileSync(path)), { mode: "r+" });
    file.attrs.infosSync();
    for (const { object } of file.visitSync()) object?.attrs.infosSync();
    file.abandonSync();
    return true;
  } catch (error) {
    if (error instanceof HDF5Error) return false;
    throw error;
  }
}

class Totals {
  files = 0;
  same = 0;
  /** Values whose padding alone differs: what is behind a NUL, between members, in unused bits. */
  padding = 0;
  refused = 0;
  readonly otherwise: string[] = [];
  readonly wrong: string[] = [];
  /** Refusals that no document names. */
  readonly surprising: string[] = [];

  add(name: string, { counts, notes, refused }: WrittenBack): void {
    this.same += counts.same;
    this.padding += counts["padding differs"];
    this.refused += refused.size;
    for (const note of notes) {
      if (note.endsWith(": encoded otherwise")) this.otherwise.push(`${name} ${note}`);
      if (note.endsWith(": differs")) this.wrong.push(`${name} ${note}`);
    }
    for (const [place, error] of refused) {
      if (!documented.some((reason) => reason.test(error))) this.surprising.push(`${name} ${place}: ${error}`);
    }
  }
}

function total(directory: string, run: (bytes: Uint8Array) => readonly WrittenBack[]): Totals {
  const totals = new Totals();
  for (const path of filesIn(directory)) {
    totals.files++;
    for (const outcome of run(new Uint8Array(readFileSync(path)))) totals.add(relative(directory, path), outcome);
  }
  return totals;
}

/** What cannot be written to its file is at least encoded as it is stored. */
function wholeOrEncoded(bytes: Uint8Array): readonly WrittenBack[] {
  const written = writeBack(bytes, "whole");
  if (written.refused.size === 0) return [written];
  return [written, encodeBack(bytes, (place) => written.refused.has(place))];
}

const manners = [
  ["whole, and attributes", wholeOrEncoded, 1000, 74_000],
  ["row by row", (bytes: Uint8Array) => [writeBack(bytes, "rows")], 200, 21_000],
  ["column by column", (bytes: Uint8Array) => [writeBack(bytes, "columns")], 10, 280],
  ["by append([await read([0])])", (bytes: Uint8Array) => [writeBack(bytes, "appended")], 30, 440],
] as const;

describe.each(manners)("values that are read are written back as they were stored: %s", (_name, run, few, many) => {
  it("golden files", () => {
    const totals = total(golden, run);
    expect(totals).toMatchObject({ wrong: [], otherwise: [], surprising: [] });
    expect(totals.same).toBeGreaterThanOrEqual(few);
  });

  it.runIf(corpus !== undefined)("the corpus", { timeout: 300_000 }, () => {
    const totals = total(join(corpus ?? "", "files"), run);
    const known = [regions, nanOfOtherFloats, nanInRows];
    const otherwise = totals.otherwise.filter((line) => !known.some((reason) => reason.test(line)));
    expect({ ...totals, otherwise }).toMatchObject({ wrong: [], otherwise: [], surprising: [] });
    expect(totals.same).toBeGreaterThanOrEqual(many);
  });
});
