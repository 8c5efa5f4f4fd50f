/** h5canon/1 section 6: stored element bytes to their canonical encoding. */

import { membersByOffset } from "./canon-datatypes.mjs";
import { BadSelection, encodeSelection } from "./canon-selections.mjs";
import { upToNul } from "./canon-text.mjs";

const unresolved = Buffer.from("<unresolved>");
const empty = Buffer.alloc(0);

/**
 * A function `(bytes, offset, count, heap, sink)` that appends the canonical encoding of `count` adjacent elements.
 *
 * `context` has `offsetSize` (bytes of an address) and `pathOf(address)` (path bytes of an object, or undefined).
 */
export function elementEncoder(datatype, context) {
  const { size } = datatype;
  if (isVerbatim(datatype)) {
    return (bytes, offset, count, _heap, sink) => sink.bytes(bytes.subarray(offset, offset + count * size));
  }
  switch (datatype.class) {
    case "integer":
    case "float":
    case "bitfield":
    case "time":
      return reversed(size);
    case "enum":
      return elementEncoder(datatype.base, context);
    case "complex":
      return repeated(elementEncoder(datatype.base, context), 2);
    case "array":
      return repeated(
        elementEncoder(datatype.base, context),
        datatype.dimensions.reduce((product, extent) => product * extent, 1),
      );
    case "string":
      return fixedString(datatype);
    case "variable-length":
      return variableLength(datatype, context);
    case "compound":
      return compound(datatype, context);
    case "reference":
      return reference(datatype, context);
    default:
      throw new Error(`a datatype of class ${datatype.class}`);
  }
}

/** Whether the canonical encoding of elements is their stored bytes. */
function isVerbatim(datatype) {
  switch (datatype.class) {
    case "integer":
    case "float":
    case "bitfield":
    case "time":
      return datatype.size === 1 || datatype.byteOrder !== "big";
    case "opaque":
      return true;
    case "enum":
      return isVerbatim(datatype.base);
    case "complex":
    case "array":
      return isVerbatim(datatype.base);
    case "compound": {
      let end = 0;
      for (const member of membersByOffset(datatype)) {
        if (member.offset !== end || !isVerbatim(member.datatype)) return false;
        end += member.datatype.size;
      }
      return end === datatype.size;
    }
    default:
      return false;
  }
}

function reversed(size) {
  return (bytes, offset, count, _heap, sink) => {
    const perTurn = Math.max(1, Math.floor(16384 / size));
    let from = offset;
    for (let left = count; left > 0; left -= perTurn) {
      const elements = Math.min(left, perTurn);
      const target = sink.reserve(elements * size);
      let to = sink.at;
      for (let element = 0; element < elements; element++) {
        for (let byte = size - 1; byte >= 0; byte--) target[to++] = bytes[from + byte];
        from += size;
      }
      sink.advance(elements * size);
    }
  };
}

function repeated(encodeBase, times) {
  return (bytes, offset, count, heap, sink) => encodeBase(bytes, offset, count * times, heap, sink);
}

function fixedString(datatype) {
  const { size, padding } = datatype;
  return (bytes, offset, count, _heap, sink) => {
    for (let element = 0; element < count; element++) {
      const start = offset + element * size;
      let end = start + size;
      if (padding === "null-terminated") {
        // Not beyond the element: `indexOf` would search the rest of the dataset where no NUL is left.
        let nul = start;
        while (nul < end && bytes[nul] !== 0) nul++;
        end = nul;
      } else {
        const filler = padding === "space-padded" ? 0x20 : 0;
        while (end > start && bytes[end - 1] === filler) end--;
      }
      sink.counted(bytes.subarray(start, end));
    }
  };
}

function variableLength(datatype, context) {
  const { size, content, base } = datatype;
  const encodeBase = content === "sequence" ? elementEncoder(base, context) : null;
  return (bytes, offset, count, heap, sink) => {
    for (let element = 0; element < count; element++) {
      const start = offset + element * size;
      const length = u32At(bytes, start);
      const address = addressAt(bytes, start + 4, context.offsetSize);
      const isNull = length === 0 || address === 0 || address === null;
      const stored = isNull ? empty : heap.object(address, u32At(bytes, start + 4 + context.offsetSize));
      if (encodeBase === null) {
        sink.counted(upToNul(stored.subarray(0, length)));
      } else {
        sink.u32(isNull ? 0 : length);
        if (!isNull) encodeBase(stored, 0, length, heap, sink);
      }
    }
  };
}

function compound(datatype, context) {
  const { size } = datatype;
  const members = membersByOffset(datatype);
  const offsets = members.map((member) => member.offset);
  const encoders = members.map((member) => elementEncoder(member.datatype, context));
  return (bytes, offset, count, heap, sink) => {
    for (let element = 0; element < count; element++) {
      const start = offset + element * size;
      for (let member = 0; member < encoders.length; member++) {
        encoders[member](bytes, start + offsets[member], 1, heap, sink);
      }
    }
  };
}

function reference(datatype, context) {
  const encodeOne = { object: objectReference, region: regionReference }[datatype.referenceKind] ?? standardReference;
  const { size } = datatype;
  return (bytes, offset, count, heap, sink) => {
    for (let element = 0; element < count; element++) {
      const start = offset + element * size;
      encodeOne(bytes.subarray(start, start + size), context, heap, sink);
    }
  };
}

function objectReference(bytes, context, _heap, sink) {
  const address = addressAt(bytes, 0, Math.min(8, bytes.length));
  if (address === 0 || address === null) sink.counted(empty);
  else countedPath(address, context, sink);
}

function countedPath(address, context, sink) {
  sink.counted(context.pathOf(address) ?? unresolved);
}

function regionReference(bytes, context, heap, sink) {
  if (isZero(bytes)) {
    sink.u32(0);
    return;
  }
  const address = addressAt(bytes, 0, context.offsetSize);
  const stored = address === null ? empty : heapObject(heap, address, u32At(bytes, context.offsetSize));
  const target = stored.length >= context.offsetSize ? addressAt(stored, 0, context.offsetSize) : null;
  const path = target === null ? undefined : context.pathOf(target);
  if (path === undefined) {
    sink.counted(unresolved);
    return;
  }
  sink.counted(path);
  selection(stored.subarray(context.offsetSize), sink);
}

/** A heap object, or nothing where a reference leads to none. */
function heapObject(heap, address, index) {
  try {
    return heap.object(address, index);
  } catch {
    return empty;
  }
}

/** The references of HDF5 1.12 (specification VIII.B). */
function standardReference(bytes, context, heap, sink) {
  if (isZero(bytes)) {
    sink.byte(0);
    return;
  }
  const kind = bytes[0];
  const external = (bytes[1] & 1) === 1;
  const inElement = kind === 2 && !external;
  const address = inElement ? null : addressAt(bytes, 6, context.offsetSize);
  const block = inElement
    ? bytes.subarray(2)
    : heap.object(address, u32At(bytes, 6 + context.offsetSize)).subarray(0, u32At(bytes, 2));
  const tokenSize = block[0];
  const target = addressAt(block, 1, tokenSize);
  let offset = 1 + tokenSize;
  if (external) offset += 2 + u16At(block, offset);
  sink.byte(kind - 1);
  // As in the expected lines, an address in another file is looked up among this file's objects too.
  if (target === null) sink.counted(unresolved);
  else countedPath(target, context, sink);
  if (kind === 3) selection(block.subarray(offset + 8), sink);
  else if (kind === 4) sink.counted(block.subarray(offset + 2, offset + 2 + u16At(block, offset)));
}

function selection(bytes, sink) {
  try {
    encodeSelection(bytes, sink);
  } catch (error) {
    if (!(error instanceof BadSelection)) throw error;
    sink.byte(0xff);
  }
}

function isZero(bytes) {
  return bytes.every((byte) => byte === 0);
}

function u16At(bytes, offset) {
  return bytes[offset] | (bytes[offset + 1] << 8);
}

function u32At(bytes, offset) {
  return (bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24)) >>> 0;
}

/** A little-endian address; `null` when undefined (all ones). */
function addressAt(bytes, offset, width) {
  let value = 0;
  let ones = true;
  for (let index = width - 1; index >= 0; index--) {
    const byte = bytes[offset + index];
    value = value * 256 + byte;
    ones &&= byte === 0xff;
  }
  return ones ? null : value;
}
