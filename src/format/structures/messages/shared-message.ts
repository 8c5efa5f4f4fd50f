import { corrupt, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import type { Datatype } from "./datatype.js";

/** Where a message that several objects share is stored. */
export type SharedMessage =
  /** In the header of a committed object at `address`. */
  | { readonly kind: "committed"; readonly address: number }
  /** In the heap of the file's shared-message table, under an eight-byte heap identifier. */
  | { readonly kind: "heap"; readonly heapId: Uint8Array };

/** The data of a shared message. */
export interface SharedMessageData {
  readonly reader: ByteReader;
  /** The datatype that was decoded of it, which a resolver may keep for all that share it. */
  datatype?: Datatype;
}

/** Finds the data of a shared message of type `messageType`. */
export type SharedResolver = (messageType: number, shared: SharedMessage) => SharedMessageData;

const storedInHeap = 1;
const storedInHeader = 2;
const heapIdLength = 8;

/** Decodes the data of a message whose "shared" flag is set (specification IV.A.2, "Shared Message"). */
export function decodeSharedMessage(reader: ByteReader): SharedMessage {
  const at = reader.offset;
  const version = reader.u8();
  if (version < 1 || version > 3) throw unsupported(`version ${version} of the shared message`, at);
  const type = reader.u8();
  if (version === 1) {
    // Version 1 embeds the start of a symbol-table entry: the address follows a name offset that has no meaning here.
    reader.skip(6 + reader.sizes.lengthSize);
  } else if (version === 3) {
    if (type === storedInHeap) return { kind: "heap", heapId: reader.take(heapIdLength).slice() };
    if (type !== storedInHeader) throw corrupt(`${type} is not a location of a shared message`, at + 1);
  }
  return { kind: "committed", address: reader.definedAddress("a committed message") };
}

/** Encodes as version 3, or a committed message as version 2, which HDF5 1.6 reads too. */
export function encodeSharedMessage(writer: ByteWriter, shared: SharedMessage, version: 2 | 3 = 3): void {
  if (shared.kind === "heap") {
    writer.u8(3);
    writer.u8(storedInHeap);
    writer.bytes(shared.heapId);
    return;
  }
  writer.u8(version);
  writer.u8(version === 3 ? storedInHeader : 0);
  writer.address(shared.address);
}
