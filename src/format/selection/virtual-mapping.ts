import { corrupt, unsupported } from "../errors.js";
import type { FieldSizes } from "../structures/byte-reader.js";
import { ByteReader } from "../structures/byte-reader.js";
import { verifyChecksum } from "../structures/context.js";
import { decodeText } from "../structures/text.js";
import type { EncodedSelection } from "./encoded-selection.js";
import { decodeSelection } from "./encoded-selection.js";

/** One part of a virtual dataset. */
export interface VirtualMapping {
  /** Name of the source file; "." is the file itself. */
  readonly file: string;
  readonly fileBytes: Uint8Array;
  /** Path of the source dataset. */
  readonly dataset: string;
  readonly datasetBytes: Uint8Array;
  /** What is taken of the source. */
  readonly sourceSelection: EncodedSelection;
  /** Where it goes in the virtual dataset. */
  readonly virtualSelection: EncodedSelection;
}

/** The least that one mapping takes: two empty names and two selections. */
const smallestMapping = 2 + 2 * 16;
/** Flags of version 1: names that an earlier mapping has are given by its index, and "." is left out. */
const sharedFileFlag = 0x01;
const sharedDatasetFlag = 0x02;
const sameFileFlag = 0x04;

/**
 * Decodes the mappings of a virtual dataset, which are an object of the global heap (specification III.F, "Global Heap
 * Block for Virtual Datasets"). Version 1, which HDF5 2.0 writes, is not in version 3.0 of the specification.
 */
export function decodeVirtualMappings(bytes: Uint8Array, fileOffset: number, sizes: FieldSizes): VirtualMapping[] {
  const reader = new ByteReader(bytes, fileOffset, sizes);
  const version = reader.u8();
  if (version > 1) throw unsupported(`version ${version} of the mappings of a virtual dataset`, fileOffset);
  if (bytes.length < 4) throw corrupt("the mappings of a virtual dataset are truncated", fileOffset);
  verifyChecksum(reader, bytes.length - 4, "the mappings of a virtual dataset");
  const count = reader.length();
  if (count * smallestMapping > reader.remaining) {
    throw corrupt(`${count} mappings of a virtual dataset do not fit ${reader.remaining} bytes`, reader.offset);
  }
  const mappings: VirtualMapping[] = [];
  for (let index = 0; index < count; index++) {
    const flags = version === 0 ? 0 : reader.u8();
    if (flags > 7) throw corrupt(`unknown flags ${flags} of a mapping of a virtual dataset`, reader.offset - 1);
    const fileBytes =
      (flags & sameFileFlag) !== 0
        ? Uint8Array.of(0x2e)
        : (flags & sharedFileFlag) !== 0
          ? earlier(mappings, reader).fileBytes
          : reader.untilNull().slice();
    const datasetBytes =
      (flags & sharedDatasetFlag) !== 0 ? earlier(mappings, reader).datasetBytes : reader.untilNull().slice();
    const sourceSelection = decodeSelection(reader);
    const virtualSelection = decodeSelection(reader);
    mappings.push({
      file: decodeText(fileBytes),
      fileBytes,
      dataset: decodeText(datasetBytes),
      datasetBytes,
      sourceSelection,
      virtualSelection,
    });
  }
  return mappings;
}

/** The earlier mapping that the next field names by its index. */
function earlier(mappings: readonly VirtualMapping[], reader: ByteReader): VirtualMapping {
  const at = reader.offset;
  const index = reader.length();
  const mapping = mappings.at(index);
  if (mapping === undefined) throw corrupt(`a mapping of a virtual dataset takes its name from mapping ${index}`, at);
  return mapping;
}
