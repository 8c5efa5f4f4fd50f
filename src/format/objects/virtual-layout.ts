import { corrupt, HDF5Error, unsupported } from "../errors.js";
import type { AxisBlocks } from "../selection/axis-blocks.js";
import { axesOf, boundAxis, indexAt, isUnlimited, lengthWithin, wholeAxis } from "../selection/axis-blocks.js";
import type { VirtualMapping } from "../selection/virtual-mapping.js";
import type { Operation } from "../storage/operation.js";
import { delegate, done } from "../storage/operation.js";
import { datasetState } from "./dataset-state.js";
import type { FileState } from "./file-state.js";
import type { ObjectState } from "./object-state.js";
import { openRoot, resolvePath } from "./resolve-path.js";
import { needsResolver } from "./resolver.js";
import { virtualMappings } from "./stored-elsewhere.js";
import { prepareDataset } from "./virtual.js";
import { VirtualWork } from "./virtual-work.js";

/** One mapping of a virtual dataset, ready for use. */
export interface VirtualPart {
  readonly mapping: VirtualMapping;
  /** The text between the block numbers in the names. */
  readonly file: readonly string[];
  readonly dataset: readonly string[];
  /** The axes that are selected in the virtual dataset; `null` where they form no grid. */
  readonly axes: readonly AxisBlocks[] | null;
  /** The unlimited axis, or −1. */
  readonly unlimited: number;
  /** Whether each block of the unlimited axis has a source of its own. */
  readonly isSeries: boolean;
  /** Number of sources of a series that exist, one after another. */
  available: number;
}

/** What is known of a virtual dataset. */
export interface VirtualState {
  readonly parts: readonly VirtualPart[];
  /** Whether the dimensions have been brought up to date. */
  isCurrent: boolean;
}

/** The mappings of a virtual dataset, decoded once. */
export function* virtualState(object: ObjectState): Operation<VirtualState> {
  const state = datasetState(object);
  if (state.virtual !== null) return state.virtual;
  const { dimensions } = state.description.dataspace;
  const mappings = yield* virtualMappings(object);
  state.virtual = { parts: mappings.map((mapping) => partOf(mapping, dimensions)), isCurrent: false };
  return state.virtual;
}

function partOf(mapping: VirtualMapping, dimensions: readonly number[]): VirtualPart {
  const { virtualSelection, sourceSelection } = mapping;
  if (virtualSelection.kind === "points" || sourceSelection.kind === "points") {
    throw unsupported("a virtual dataset made of single points");
  }
  const axes = axesOf(virtualSelection, dimensions);
  const isFlat = virtualSelection.kind === "blocks" && virtualSelection.rank !== dimensions.length;
  if (isFlat || (axes !== null && axes.length !== dimensions.length)) {
    throw corrupt(`a mapping of a virtual dataset of ${dimensions.length} axes has another number of axes`);
  }
  const file = nameParts(mapping.file);
  const dataset = nameParts(mapping.dataset);
  const unlimited = axes?.findIndex(isUnlimited) ?? -1;
  const isSeries = file.length > 1 || dataset.length > 1;
  if (axes !== null && axes.filter(isUnlimited).length > 1) {
    throw corrupt("a mapping of a virtual dataset is unlimited along more than one axis");
  }
  const isSourceUnlimited = sourceSelection.kind === "hyperslab" && isHyperslabUnlimited(sourceSelection);
  if (
    isSeries
      ? unlimited < 0 || isSourceUnlimited || axes?.[unlimited].block === null
      : unlimited >= 0 !== isSourceUnlimited
  ) {
    throw corrupt("a mapping of a virtual dataset is unlimited where its source is not, or the other way round");
  }
  return { mapping, file, dataset, axes, unlimited, isSeries, available: Number.POSITIVE_INFINITY };
}

function isHyperslabUnlimited(selection: {
  readonly count: readonly (number | null)[];
  readonly block: readonly (number | null)[];
}): boolean {
  return selection.count.includes(null) || selection.block.includes(null);
}

/** A name split where block numbers go: `%b` stands for one, `%%` for a percent sign. */
function nameParts(name: string): string[] {
  const parts = [""];
  for (const token of name.split(/(%.?)/s)) {
    if (token === "%b") parts.push("");
    else if (token === "%%") parts[parts.length - 1] += "%";
    else if (token.startsWith("%"))
      throw corrupt(`"${name}" is no name of a virtual dataset's source: "${token}" means nothing`);
    else parts[parts.length - 1] += token;
  }
  return parts;
}

/**
 * Runs `body` with a source of a virtual dataset, on the device of its file; `null` where the file or the dataset is
 * missing.
 */
export function* withSource<Result>(
  object: ObjectState,
  part: VirtualPart,
  block: number,
  work: VirtualWork,
  body: (source: ObjectState) => Operation<Result>,
): Operation<Result | null> {
  const { file } = object;
  const fileName = part.file.join(String(block));
  if (part.isSeries) work.enterSeries(fileName === "." ? file.size : null);
  const path = part.dataset.join(String(block));
  return yield* work.within(inFile(file, fileName, (root) => withDataset(root, path, work, body)));
}

/** Runs `body` with the root group of the file that a source is in, on its device; `null` where there is none. */
function* inFile<Result>(
  file: FileState,
  name: string,
  body: (root: ObjectState) => Operation<Result | null>,
): Operation<Result | null> {
  if (name === ".") return yield* body(yield* openRoot(file));
  if (file.foreign === null) throw needsResolver("a virtual dataset with sources in other files");
  const found = yield* file.foreign.acquire(file, name, "virtual-source");
  const other = found?.state ?? null;
  if (found === null || other === null) return null;
  try {
    return yield* delegate(other, function* inOther(): Operation<Result | null> {
      return yield* body(yield* openRoot(other));
    });
  } finally {
    yield* file.foreign.release(found);
  }
}

function* withDataset<Result>(
  root: ObjectState,
  path: string,
  work: VirtualWork,
  body: (source: ObjectState) => Operation<Result>,
): Operation<Result | null> {
  let source: ObjectState;
  try {
    source = yield* resolvePath(root.file, root, "/", path);
  } catch (error) {
    if (error instanceof HDF5Error && error.code === "not-found") return null;
    throw error;
  }
  if (source.kind !== "dataset") return null;
  return yield* delegate(source.file, function* inFile(): Operation<Result> {
    yield* prepareDataset(source, work);
    return yield* body(source);
  });
}

/** Brings the dimensions of a virtual dataset up to date with its sources, as far as those may be opened. */
export function* updateDimensions(object: ObjectState, outer: VirtualWork | null): Operation<void> {
  const work = outer ?? new VirtualWork(0);
  const state = datasetState(object);
  const { dataspace } = state.description;
  const virtual = yield* virtualState(object);
  if (virtual.isCurrent && object.file.transaction === null) return;
  const { parts } = virtual;
  if (object.file.foreign === null && parts.some(({ unlimited, mapping }) => unlimited >= 0 && mapping.file !== "."))
    return;
  const extents = new Map<number, number>();
  for (const part of parts) {
    if (part.unlimited < 0) continue;
    const extent = part.isSeries ? yield* seriesExtent(object, part, work) : yield* sourceExtent(object, part, work);
    extents.set(part.unlimited, Math.max(extents.get(part.unlimited) ?? 0, extent));
  }
  virtual.isCurrent = true;
  const dimensions = dataspace.dimensions.map((extent, axis) => {
    const reached = extents.get(axis);
    return reached === undefined ? extent : Math.max(reached, leastExtent(parts, axis));
  });
  if (dimensions.every((extent, axis) => extent === dataspace.dimensions[axis])) return;
  const current = { ...dataspace, dimensions };
  state.description = { ...state.description, dataspace: current };
  state.storedDataspace = current;
}

/** What mappings that are limited along an axis need of it. */
function leastExtent(parts: readonly VirtualPart[], axis: number): number {
  let least = 0;
  for (const { axes, mapping, unlimited } of parts) {
    const { virtualSelection } = mapping;
    if (unlimited === axis || virtualSelection.kind === "all") continue;
    if (virtualSelection.kind === "blocks") {
      const { rank, bounds } = virtualSelection;
      for (let at = rank + axis; at < bounds.length; at += 2 * rank) least = Math.max(least, bounds[at] + 1);
    } else if (axes !== null) {
      const whole = wholeAxis(axes[axis]);
      if (whole.length > 0) least = Math.max(least, indexAt(whole, whole.length - 1) + 1);
    }
  }
  return least;
}

/** The extent along the unlimited axis up to which the source of a mapping has data. */
function* sourceExtent(object: ObjectState, part: VirtualPart, work: VirtualWork): Operation<number> {
  const { axes, unlimited, mapping } = part;
  const axis = axes?.[unlimited];
  if (axis === undefined) return 0;
  const length = yield* withSource(object, part, 0, work, (source) =>
    done(unlimitedLength(mapping, datasetState(source).description.dataspace.dimensions)),
  );
  return length === null || length === 0 ? 0 : indexAt(boundAxis(axis, length), length - 1) + 1;
}

/** Number of indices that the unlimited axis of a source's selection has within its dimensions. */
export function unlimitedLength(mapping: VirtualMapping, dimensions: readonly number[]): number {
  const axes = axesOf(mapping.sourceSelection, dimensions);
  const axis = axes?.findIndex(isUnlimited) ?? -1;
  if (axes === null || axes.length !== dimensions.length || axis < 0) {
    throw corrupt("the source of a virtual dataset has another number of axes than its mapping");
  }
  return lengthWithin(axes[axis], dimensions[axis]);
}

/** Counts the sources of a series; the extent up to which they have data. */
function* seriesExtent(object: ObjectState, part: VirtualPart, work: VirtualWork): Operation<number> {
  const axis = part.axes?.[part.unlimited];
  if (axis === undefined || axis.block === null) return 0;
  const most = datasetState(object).description.dataspace.maxDimensions[part.unlimited] ?? Number.MAX_SAFE_INTEGER;
  let found = 0;
  while (axis.start + found * axis.stride < most) {
    const exists = yield* withSource(object, part, found, work, () => done(true));
    if (exists === null) break;
    found++;
  }
  part.available = found;
  return found === 0 ? 0 : axis.start + (found - 1) * axis.stride + axis.block;
}
