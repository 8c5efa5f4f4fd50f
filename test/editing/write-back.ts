import { encodeElements } from "../../src/format/datatypes/encode-elements.js";
import { findEncoder } from "../../src/format/filters/encode-pipeline.js";
import type {
  AttributeInfo,
  Dataset,
  DType,
  HDF5File,
  HDF5Object,
  RawElements,
  Selection,
} from "../../src/format/index.js";
import { CompoundArray, HDF5Error, isNDArray, openSync, slice } from "../../src/format/index.js";
import { MemoryHeap } from "../datatypes/global-heap.js";
import type { Likeness } from "./stored-elements.js";
import { compareStored } from "./stored-elements.js";

/** What became of values that were read and written back. */
export interface WrittenBack {
  /** How many came out so. */
  readonly counts: Readonly<Record<Likeness, number>>;
  /** `place: what` for values that did not come out the same. */
  readonly notes: readonly string[];
  /** The errors of values that were refused, by place. */
  readonly refused: ReadonlyMap<string, string>;
}

/** How the values of a dataset are written. */
export type Manner = "whole" | "rows" | "columns" | "appended";

/** Of larger datasets only a part is written back. */
const mostBytes = 256 * 1024;
const mostRows = 4;

class Recorder implements WrittenBack {
  readonly counts: Record<Likeness, number> = { same: 0, "padding differs": 0, "encoded otherwise": 0, differs: 0 };
  readonly notes: string[] = [];
  readonly refused = new Map<string, string>();
  /** What to do when all is written. */
  readonly #comparisons: ((again: HDF5File) => void)[] = [];

  /** Writes, and later compares what is stored before and after. */
  try(place: string, write: () => (again: HDF5File) => readonly [RawElements, RawElements]): void {
    try {
      const storedIn = write();
      this.#comparisons.push((again) => this.note(place, compareStored(...storedIn(again), again.superblock)));
    } catch (error) {
      if (!(error instanceof HDF5Error)) throw error;
      this.refused.set(place, `${error.code}: ${error.message}`);
    }
  }

  note(place: string, likeness: Likeness): void {
    this.counts[likeness]++;
    if (likeness !== "same") this.notes.push(`${place}: ${likeness}`);
  }

  get isWritten(): boolean {
    return this.#comparisons.length > 0;
  }

  finish(again: HDF5File): void {
    for (const compare of this.#comparisons) compare(again);
  }
}

function* objects(file: HDF5File): Generator<[string, HDF5Object]> {
  yield ["/", file];
  for (const { object, path } of file.visitSync()) if (object !== null) yield [path, object];
}

function* datasets(file: HDF5File): Generator<[string, Dataset]> {
  for (const [path, object] of objects(file)) if (object.kind === "dataset" && object.size > 0) yield [path, object];
}

function isComplex(dtype: DType): boolean {
  return dtype === "complex64" || dtype === "complex128";
}

/** Why a dataset is not written back, whatever its values; `null` where it is. */
function obstacleOf(dataset: Dataset): string | null {
  if (dataset.size > 1e9) return "too large for this test";
  const unwritten = dataset.filters.find(({ id }) => findEncoder(id) === undefined);
  return unwritten === undefined ? null : `writing with filter ${unwritten.id}`;
}

/** A selection of at most {@link mostBytes}; `null` for everything. */
function partOf(dataset: Dataset): Selection {
  if (dataset.nbytes <= mostBytes) return null;
  for (const { selection } of dataset.blocksSync({ bytes: mostBytes })) return selection;
  return null;
}

function datasetIn(file: HDF5File, path: string): Dataset {
  const object = file.getSync(path);
  if (object.kind !== "dataset") throw new Error(`${path} is a ${object.kind}`);
  return object;
}

/** Reads the values of all datasets of a file and writes them back; "whole" does the attributes too. */
export function writeBack(bytes: Uint8Array, manner: Manner): WrittenBack {
  const recorder = new Recorder();
  const original = openSync(bytes);
  const edited = openSync(bytes, { mode: "r+" });
  for (const [path, dataset] of datasets(original)) {
    if (manner === "rows" && (dataset.ndim === 0 || dataset.nbytes / (dataset.shape?.[0] ?? 1) > mostBytes)) continue;
    if (manner === "columns" && (dataset.datatype.class !== "compound" || isComplex(dataset.dtype))) continue;
    if (manner === "appended" && dataset.maxShape?.[0] !== null) continue;
    recorder.try(path, () => {
      const obstacle = obstacleOf(dataset);
      if (obstacle !== null) throw new HDF5Error("unsupported", obstacle);
      return writers[manner](dataset, datasetIn(edited, path), (again) => datasetIn(again, path));
    });
  }
  if (manner === "whole") {
    for (const [path, object] of objects(original)) {
      for (const info of object.attrs.infosSync()) {
        recorder.try(`${path}@${info.name}`, () => writeAttribute(object, info, edited, path));
      }
    }
  }
  edited.closeSync();
  if (recorder.isWritten) recorder.finish(openSync(edited.bytes()));
  return recorder;
}

type Writer = (
  from: Dataset,
  to: Dataset,
  find: (again: HDF5File) => Dataset,
) => (again: HDF5File) => readonly [RawElements, RawElements];

const writers: Readonly<Record<Manner, Writer>> = {
  whole(from, to, find) {
    const selection = partOf(from);
    to.writeSync(from.readSync(selection), selection);
    return (again) => [from.readRawSync(selection), find(again).readRawSync(selection)];
  },
  rows(from, to, find) {
    const count = Math.min(from.shape?.[0] ?? 0, mostRows);
    const selection = [slice(0, count)];
    const rows = Array.from({ length: count }, (_, index) => from.readSync([index]));
    to.writeSync(rows, selection);
    return (again) => [from.readRawSync(selection), find(again).readRawSync(selection)];
  },
  columns(from, to, find) {
    const selection = partOf(from);
    const value = from.readSync(selection);
    const data = isNDArray(value) ? value.data : value;
    const columns =
      data instanceof CompoundArray
        ? Object.fromEntries(data.names.map((name) => [name, data.column(name)]))
        : { ...(data as object) };
    to.writeSync(columns, selection);
    return (again) => [from.readRawSync(selection), find(again).readRawSync(selection)];
  },
  appended(from, to, find) {
    const rows = from.shape?.[0] ?? 0;
    to.appendSync([from.readSync([0])]);
    return (again) => [from.readRawSync([slice(0, 1)]), find(again).readRawSync([slice(rows, rows + 1)])];
  },
};

function writeAttribute(
  from: HDF5Object,
  { name }: AttributeInfo,
  edited: HDF5File,
  path: string,
): (again: HDF5File) => readonly [RawElements, RawElements] {
  edited.getSync(path).attrs.setSync(name, from.attrs.getSync(name), { keepType: true });
  return (again) => {
    const { attrs } = again.getSync(path);
    const [before, after] = [from.attrs.infoSync(name), attrs.infoSync(name)];
    const kept = (info: AttributeInfo) => [info.nameBytes, info.datatype, info.shape, info.committedDatatype];
    if (JSON.stringify(kept(before)) !== JSON.stringify(kept(after))) throw new Error(`${path}@${name} is another`);
    return [from.attrs.readRawSync(name), attrs.readRawSync(name)];
  };
}

/** Decodes the values at some places of a file and encodes them again, without a file to write them to. */
export function encodeBack(bytes: Uint8Array, wanted: (place: string) => boolean): WrittenBack {
  const recorder = new Recorder();
  const file = openSync(bytes);
  const encode = (place: string, read: () => readonly [unknown, RawElements], scalar: boolean): void => {
    if (!wanted(place)) return;
    recorder.try(place, () => {
      const [value, raw] = read();
      const heap = new MemoryHeap();
      const options = { sizes: file.superblock, heap, scalar };
      const encoded = value === null ? new Uint8Array(0) : encodeElements(raw.datatype, value, raw.count, options);
      return () => [raw, { ...raw, bytes: encoded, heap }];
    });
  };
  for (const [path, object] of objects(file)) {
    if (object.kind === "dataset" && object.size > 0 && object.size <= 1e9) {
      const read = (): readonly [unknown, RawElements] => {
        const selection = partOf(object);
        return [object.readSync(selection), object.readRawSync(selection)];
      };
      encode(path, read, object.ndim === 0);
    }
    const { attrs } = object;
    for (const { name, shape } of attrs.infosSync()) {
      encode(`${path}@${name}`, () => [attrs.getSync(name), attrs.readRawSync(name)], shape?.length === 0);
    }
  }
  recorder.finish(file);
  return recorder;
}
