import { corrupt } from "../errors.js";
import type { AddressParts, FieldSizes } from "../structures/byte-reader.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { containsReference } from "../structures/messages/datatype.js";
import { arrayLength, refersToHeap, requireSize } from "./heap-objects.js";

/**
 * Stored elements with the addresses in them as they are counted here: other bytes only in a file whose parts have
 * address ranges of their own. Doing so again changes nothing.
 */
export function withLocalAddresses(
  datatype: Datatype,
  stored: Uint8Array,
  count: number,
  sizes: FieldSizes,
): Uint8Array {
  const { addressParts } = sizes;
  if (addressParts === undefined || (!refersToHeap(datatype) && !containsReference(datatype))) return stored;
  if (count * datatype.size > stored.length) throw corrupt(`expected ${count} elements of ${datatype.size} bytes`);
  const bytes = stored.slice();
  translate(datatype, new DataView(bytes.buffer), 0, datatype.size, count, addressParts);
  return bytes;
}

function translate(
  datatype: Datatype,
  view: DataView,
  start: number,
  stride: number,
  count: number,
  parts: AddressParts,
): void {
  switch (datatype.class) {
    case "variable-length":
      requireSize(datatype, 16);
      translateAt(view, start + 4, stride, count, parts);
      return;
    case "reference": {
      const inElement = datatype.referenceKind === "object" || datatype.referenceKind === "region";
      requireSize(datatype, inElement ? 8 : 14);
      translateAt(view, inElement ? start : start + 6, stride, count, parts);
      return;
    }
    case "array": {
      const { base } = datatype;
      const length = arrayLength(datatype.dimensions);
      requireSize(datatype, length * base.size);
      for (let index = 0; index < count; index++)
        translate(base, view, start + index * stride, base.size, length, parts);
      return;
    }
    case "compound":
      for (const { datatype: member, offset } of datatype.members) {
        requireSize(datatype, offset + member.size);
        if (refersToHeap(member) || containsReference(member))
          translate(member, view, start + offset, stride, count, parts);
      }
      return;
    default:
      return;
  }
}

function translateAt(view: DataView, start: number, stride: number, count: number, parts: AddressParts): void {
  for (let index = 0, at = start; index < count; index++, at += stride) {
    const stored = view.getBigUint64(at, true);
    if (stored === 0xffff_ffff_ffff_ffffn) continue;
    const address = parts.translate(stored);
    if (address === null) throw corrupt(`the address ${stored} in an element lies in no part of the file`);
    view.setBigUint64(at, BigInt(address), true);
  }
}
