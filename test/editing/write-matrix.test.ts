import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { DType } from "../../src/format/index.js";
import { createSync, openSync } from "../../src/format/index.js";
import { hasH5py } from "../serialization/h5py.js";
import type { MatrixType } from "./write-matrix.js";
import { matrixTypes, writeMatrix } from "./write-matrix.js";

const scratch = mkdtempSync(join(tmpdir(), "write-matrix-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** One thing to be read, and what must be found. */
interface Item {
  readonly path: string;
  readonly attribute: string | null;
  readonly committed: boolean;
  readonly type: MatrixType;
  /** What the judges print; `null` where only the bytes count. */
  readonly printed: readonly unknown[] | null;
}

const keyOf = ({ path, attribute }: Item): string => (attribute === null ? path : `${path}@${attribute}`);

/** Types in heap storage whose values h5wasm prints (of ASCII strings it shows other memory where they are empty). */
const printedByH5wasm = new Set(["string", "sequences", "compound of strings"]);

function attributeOf(owner: string, attribute: string, type: MatrixType): Item {
  return { path: `${owner}/${type.name}`, attribute, committed: false, type, printed: type.printed?.values ?? null };
}

/** Writes datasets, committed datatypes, and attributes of new objects and of stored ones. */
function write(path: string, libver: "earliest" | "default"): Item[] {
  const items: Item[] = [];
  const file = createSync(path, { libver });
  const target = file.createDatasetSync("target", { data: Int32Array.of(1, 2, 3) });
  target.attrs.setSync("a", 1);
  for (const written of writeMatrix(file, target)) items.push({ ...written, attribute: null, committed: false });
  for (const type of matrixTypes) {
    const { attrs } = file.createGroupSync(`attributes/${type.name}`);
    attrs.setSync("new", type.values(target), { dtype: type.dtype, shape: [4] });
    items.push(attributeOf("attributes", "new", type));
    file.commitDatatypeSync(`types/${type.name}`, type.dtype);
    items.push({ path: `types/${type.name}`, attribute: null, committed: true, type, printed: null });
  }
  file.closeSync();
  const again = openSync(path, { mode: "r+" });
  const same = again.getSync("target");
  if (same.kind !== "dataset") throw new Error("no dataset");
  for (const type of matrixTypes) {
    const { attrs } = again.getSync(`attributes/${type.name}`);
    attrs.setSync("later", type.values(same), { dtype: type.dtype, shape: [4] });
    items.push(attributeOf("attributes", "later", type));
  }
  again.closeSync();
  return items;
}

/** The stored bytes of what is not in the heap, as they are read here. */
function storedBytes(path: string, items: readonly Item[]): Map<string, string> {
  const file = openSync(path);
  const bytes = new Map<string, string>();
  for (const item of items) {
    if (item.committed || item.type.inHeap) continue;
    const object = file.getSync(item.path);
    const raw =
      item.attribute !== null
        ? object.attrs.readRawSync(item.attribute)
        : object.kind === "dataset"
          ? object.readRawSync()
          : null;
    if (raw === null) throw new Error(`${item.path} is no dataset`);
    bytes.set(keyOf(item), Buffer.from(raw.bytes).toString("hex"));
  }
  file.closeSync();
  return bytes;
}

/** What a judge reads of a copy of the file, which it may change: libhdf5 reads fill values of strings only so. */
function judged(
  command: string,
  judge: string,
  path: string,
  items: readonly Item[],
  isRaw: (item: Item) => boolean,
): Map<string, unknown> {
  const copy = `${path}.copy.h5`;
  copyFileSync(path, copy);
  const plan = items.map((item) => ({
    path: `/${item.path}`,
    attribute: item.attribute,
    committed: item.committed,
    raw: isRaw(item),
  }));
  writeFileSync(`${path}.json`, JSON.stringify(plan));
  const script = new URL(judge, import.meta.url).pathname;
  const output = execFileSync(command, [script, copy, `${path}.json`], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    timeout: 50_000,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = output.trim().split("\n");
  const found: Record<string, unknown> = JSON.parse(lines[lines.length - 1]);
  return new Map(Object.entries(found).map(([key, value]) => [key.slice(1), value]));
}

/** The bytes of numbers in the order that h5wasm reads them in. */
function littleEndian(dtype: DType, hex: string): string {
  const order = typeof dtype === "object" && "byteOrder" in dtype ? dtype.byteOrder : "little";
  if (order === undefined || order === "little" || typeof dtype === "string") return hex;
  const { size } = dtype as { readonly size: number };
  // VAX order is little-endian within words of 16 bits, the words from high to low.
  const unit = order === "vax" ? 2 : 1;
  const stored = Buffer.from(hex, "hex");
  const turned = Buffer.alloc(stored.length);
  for (let at = 0; at < stored.length; at += unit) {
    const start = at - (at % size);
    stored.copy(turned, start + size - unit - (at - start), at, at + unit);
  }
  return turned.toString("hex");
}

/** What a judge must have found: values or bytes as written, or for committed datatypes that they were opened. */
function differences(
  items: readonly Item[],
  found: Map<string, unknown>,
  bytes: Map<string, string>,
  isRaw: (item: Item) => boolean,
): string[] {
  const wrong: string[] = [];
  for (const item of items) {
    const key = keyOf(item);
    const value = found.get(key);
    const isRefused = value === undefined || String(value).startsWith("refused");
    const expected = isRaw(item) ? bytes.get(key) : item.printed;
    const isEqual = item.committed || expected === undefined || JSON.stringify(value) === JSON.stringify(expected);
    if (isRefused || !isEqual) wrong.push(`${key}: ${JSON.stringify(value)} instead of ${JSON.stringify(expected)}`);
  }
  return wrong;
}

describe.each(["earliest", "default"] as const)("everything that can be written, libver %s", (libver) => {
  const path = join(scratch, `${libver}.h5`);
  const items = write(path, libver);
  const bytes = storedBytes(path, items);

  it.runIf(hasH5py)("is read by HDF5 1.10, but for the types that it does not know", () => {
    const isRaw = ({ printed }: Item): boolean => printed === null;
    const found = judged("/usr/bin/python3", "judge_write_matrix.py", path, items, isRaw);
    const known = items.filter(({ type }) => !type.isNew);
    expect(differences(known, found, bytes, isRaw)).toEqual([]);
    const unknown = items.filter(({ type }) => type.isNew);
    expect(unknown.filter((item) => !String(found.get(keyOf(item))).startsWith("refused"))).toEqual([]);
  });

  it("is read by HDF5 2.0", () => {
    const isRaw = ({ type, printed }: Item): boolean => printed === null || !printedByH5wasm.has(type.name);
    const found = judged(process.execPath, "judge-write-matrix.mjs", path, items, isRaw);
    const little = new Map<string, string>();
    for (const item of items) {
      const hex = bytes.get(keyOf(item));
      if (hex !== undefined) little.set(keyOf(item), littleEndian(item.type.dtype, hex));
    }
    expect(differences(items, found, little, isRaw)).toEqual([]);
  });
});

describe("fill values of the references of HDF5 1.12", () => {
  it.each(matrixTypes.filter(({ fill }) => fill === null))("are refused: $name", ({ dtype }) => {
    const file = createSync();
    const target = file.createDatasetSync("target", { data: [1] });
    const options = { shape: [2], dtype, fillValue: target.reference() };
    expect(() => file.createDatasetSync("data", options)).toThrow(/HDF5 2 opens no dataset/);
    const inside: DType = { kind: "compound", members: [{ name: "r", dtype }] };
    const record = { shape: [2], dtype: inside, fillValue: { r: target.reference() } };
    expect(() => file.createDatasetSync("data", record)).toThrow(/HDF5 2 opens no dataset/);
    file.createDatasetSync("data", { shape: [2], dtype, fillValue: null });
  });
});

describe("numbers that leave most of their bits unused", () => {
  it("are stored in headers that have a checksum, in any placement", () => {
    const path = join(scratch, "placements.h5");
    const file = createSync(path, { libver: "earliest" });
    const items: Item[] = [];
    for (const size of [1, 2, 3, 4, 8]) {
      for (let precision = 1; precision <= 8 * size; precision += size) {
        for (const bitOffset of [0, 1, 8]) {
          if (precision + bitOffset > 8 * size) continue;
          for (const kind of ["integer", "bitfield"] as const) {
            const path = `${kind} ${size} ${precision} ${bitOffset}`;
            const bits = { size, precision, bitOffset };
            const dtype: DType = kind === "integer" ? { kind, signed: false, ...bits } : { kind, ...bits };
            file.createDatasetSync(path, { data: [1, 0], dtype });
            items.push({ path, attribute: null, committed: false, type: { ...matrixTypes[0], dtype }, printed: null });
          }
        }
      }
    }
    file.closeSync();
    const found = judged(process.execPath, "judge-write-matrix.mjs", path, items, () => true);
    expect(differences(items, found, storedBytes(path, items), () => true)).toEqual([]);
  });
});
