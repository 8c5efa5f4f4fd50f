/** The metadata cache image block, which version 3.0 of the specification does not describe. */
import { corrupt, unsupported } from "../errors.js";
import type { FileContext } from "./context.js";
import { readerAt, verifyChecksum } from "./context.js";
import type { MetadataCacheImage } from "./messages/metadata-cache-image.js";

/** One structure of the metadata, as it would stand at its address. */
export interface CachedMetadata {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Entry bytes but for addresses and lengths: type, flags, ring, age, three counts, rank. */
const fixedEntryLength = 4 + 3 * 2 + 4;

/** Decodes the image that the message refers to: the structures in the order of their addresses. */
export function decodeCacheImage(context: FileContext, image: MetadataCacheImage, address: number): CachedMetadata[] {
  if (context.baseAddress + address + image.size > context.storage.size) {
    throw corrupt(`a metadata cache image of ${image.size} bytes goes beyond the end of the file`, address);
  }
  const reader = readerAt(context, address, image.size);
  reader.signature("MDCI");
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the metadata cache image`, reader.offset - 1);
  const flags = reader.u8();
  if (flags !== 0) throw unsupported("a metadata cache image with a resize status", reader.offset - 1);
  const length = reader.length();
  if (length !== image.size || length < 4) {
    throw corrupt(`a metadata cache image has ${length} bytes, its message says ${image.size}`, reader.offset);
  }
  verifyChecksum(reader, length - 4, "the metadata cache image");
  const count = reader.u32();
  if (count * (fixedEntryLength + context.offsetSize + context.lengthSize) > reader.remaining) {
    throw corrupt(`${count} entries do not fit a metadata cache image of ${length} bytes`, reader.offset);
  }
  const entries: CachedMetadata[] = [];
  for (let index = 0; index < count; index++) {
    reader.skip(4 + 2 * 2);
    const parents = reader.u16();
    reader.skip(4);
    const entryAddress = reader.definedAddress("an entry of the metadata cache image");
    const size = reader.length();
    reader.skip(parents * context.offsetSize);
    entries.push({ address: entryAddress, bytes: reader.take(size).slice() });
  }
  entries.sort((a, b) => a.address - b.address);
  for (let index = 1; index < entries.length; index++) {
    if (entries[index - 1].address + entries[index - 1].bytes.length > entries[index].address) {
      throw corrupt("entries of a metadata cache image overlap", reader.fileOffset);
    }
  }
  return entries;
}
