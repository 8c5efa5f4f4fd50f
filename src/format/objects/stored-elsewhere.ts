import { corrupt } from "../errors.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { VirtualMapping } from "../selection/virtual-mapping.js";
import { decodeVirtualMappings } from "../selection/virtual-mapping.js";
import type { Operation } from "../storage/operation.js";
import { decodeGlobalHeapCollection } from "../structures/global-heap.js";
import { decodeLocalHeap, heapString } from "../structures/local-heap.js";
import { decodeText } from "../structures/text.js";
import { datasetState } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import { needsResolver } from "./resolver.js";

/** A run of a dataset's bytes in another file. */
export interface ExternalFile {
  readonly file: string;
  readonly fileBytes: Uint8Array;
  /** First byte within that file. */
  readonly offset: number;
  /** Bytes reserved there, `null` for an unlimited number. */
  readonly size: number | null;
}

/** The files that hold a dataset's raw data, in the order of the bytes; empty for other storage. */
export function* externalFiles(object: ObjectState): Operation<ExternalFile[]> {
  const { externalFiles: external } = datasetState(object).description;
  if (external === null) return [];
  const heap = yield* object.file.decode(() => decodeLocalHeap(object.file.context, external.heapAddress));
  return external.slots.map(({ nameOffset, offset, size }) => {
    const fileBytes = heapString(heap, nameOffset).slice();
    return { file: decodeText(fileBytes), fileBytes, offset, size };
  });
}

/** Reads a selection of a dataset whose raw data are in other files into `target`, which is zero. */
export function readExternalData(
  object: ObjectState,
  selection: ResolvedSelection,
  target: Uint8Array,
): Operation<void> {
  const { foreign } = object.file;
  if (foreign === null) throw needsResolver("raw data in external files");
  return foreign.readExternalData(object, selection, target);
}

/** The mappings of a virtual dataset; empty for other storage. */
export function* virtualMappings(object: ObjectState): Operation<VirtualMapping[]> {
  const { layout } = datasetState(object).description;
  if (layout.kind !== "virtual" || layout.heapAddress === null) return [];
  const { file } = object;
  const address = layout.heapAddress;
  const collection = yield* file.decode(() => decodeGlobalHeapCollection(file.context, address));
  const block = collection.object(layout.heapIndex);
  if (block.length === 0) throw corrupt("a virtual dataset has no mappings", file.offsetOf(address));
  return decodeVirtualMappings(block, file.offsetOf(address), file.context);
}
