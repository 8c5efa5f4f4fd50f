import { decodeFloats } from "../../src/format/datatypes/floats.js";
import { decodeIntegers } from "../../src/format/datatypes/integers.js";
import type { Datatype, RawElements } from "../../src/format/index.js";
import { decodeSelection, encodeSelection } from "../../src/format/selection/encoded-selection.js";
import type { FieldSizes } from "../../src/format/structures/byte-reader.js";
import { ByteReader } from "../../src/format/structures/byte-reader.js";
import { ByteWriter } from "../../src/format/structures/byte-writer.js";

/**
 * How two stored forms of the same elements compare: the same bytes (those in the global heap at whatever addresses);
 * the same values beside other padding; values for which the format has several encodings, such as NaN and the
 * selections of region references, in another one; or other values.
 */
export type Likeness = "same" | "padding differs" | "encoded otherwise" | "differs";

const order: readonly Likeness[] = ["same", "padding differs", "encoded otherwise", "differs"];

function worse(a: Likeness, b: Likeness): Likeness {
  return order[Math.max(order.indexOf(a), order.indexOf(b))];
}

type Heap = RawElements["heap"];

/** Some of the elements that a read gave. */
interface Elements {
  readonly bytes: Uint8Array;
  readonly heap: Heap;
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function hasHeap(datatype: Datatype): boolean {
  switch (datatype.class) {
    case "variable-length":
      return true;
    case "reference":
      return datatype.referenceKind !== "object";
    case "array":
      return hasHeap(datatype.base);
    case "compound":
      return datatype.members.some((member) => hasHeap(member.datatype));
    default:
      return false;
  }
}

/** Compares all elements of two reads of one dataset or attribute, in a file with fields of these sizes. */
export function compareStored(a: RawElements, b: RawElements, sizes: FieldSizes): Likeness {
  if (a.count !== b.count || a.bytes.length !== b.bytes.length) return "differs";
  return new Comparison(sizes).many(a.datatype, a, b, a.count);
}

class Comparison {
  readonly #sizes: FieldSizes;

  constructor(sizes: FieldSizes) {
    this.#sizes = sizes;
  }

  many(datatype: Datatype, a: Elements, b: Elements, count: number): Likeness {
    if (!hasHeap(datatype) && areSame(a.bytes, b.bytes)) return "same";
    const { size } = datatype;
    let likeness: Likeness = "same";
    for (let at = 0; at < count * size && likeness !== "differs"; at += size) {
      likeness = worse(likeness, this.#one(datatype, part(a, at, size), part(b, at, size)));
    }
    return likeness;
  }

  #one(datatype: Datatype, a: Elements, b: Elements): Likeness {
    if (!hasHeap(datatype) && areSame(a.bytes, b.bytes)) return "same";
    switch (datatype.class) {
      case "integer":
      case "bitfield":
      case "time":
        return decodeIntegers(datatype, a.bytes, 1)[0] === decodeIntegers(datatype, b.bytes, 1)[0]
          ? "padding differs"
          : "differs";
      case "float":
        if (areSame(fieldsOf(datatype, a.bytes), fieldsOf(datatype, b.bytes))) return "padding differs";
        return [a, b].every(({ bytes }) => Number.isNaN(decodeFloats(datatype, bytes, 1)[0]))
          ? "encoded otherwise"
          : "differs";
      case "enum":
        return this.#one(datatype.base, a, b);
      case "string":
        return areSame(withoutPadding(a.bytes, datatype.padding), withoutPadding(b.bytes, datatype.padding))
          ? "padding differs"
          : "differs";
      case "complex":
      case "array":
        return this.many(datatype.base, a, b, datatype.size / datatype.base.size);
      case "compound":
        return this.#compound(datatype, a, b);
      case "variable-length":
        return this.#sequence(datatype, a, b);
      case "reference":
        return this.#reference(datatype.referenceKind, a, b);
      default:
        return "differs";
    }
  }

  #compound({ size, members }: Datatype & { class: "compound" }, a: Elements, b: Elements): Likeness {
    let likeness: Likeness = "same";
    const isPadding = new Uint8Array(size).fill(1);
    for (const { offset, datatype } of members) {
      likeness = worse(likeness, this.#one(datatype, part(a, offset, datatype.size), part(b, offset, datatype.size)));
      isPadding.fill(0, offset, offset + datatype.size);
    }
    const differs = isPadding.some((padding, at) => padding === 1 && a.bytes[at] !== b.bytes[at]);
    return differs ? worse(likeness, "padding differs") : likeness;
  }

  #sequence(datatype: Datatype & { class: "variable-length" }, a: Elements, b: Elements): Likeness {
    const contentOf = ({ bytes, heap }: Elements): Elements => {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) * datatype.base.size;
      const object = length === 0 ? null : this.#heapObject(heap, bytes.subarray(4));
      return { bytes: object?.subarray(0, length) ?? new Uint8Array(0), heap };
    };
    const [left, right] = [contentOf(a), contentOf(b)];
    if (datatype.content === "string") {
      if (areSame(left.bytes, right.bytes)) return "same";
      const [text, other] = [left, right].map(({ bytes }) => withoutPadding(bytes, "null-terminated"));
      return areSame(text, other) ? "padding differs" : "differs";
    }
    if (left.bytes.length !== right.bytes.length) return "differs";
    return this.many(datatype.base, left, right, left.bytes.length / datatype.base.size);
  }

  #reference(kind: string, a: Elements, b: Elements): Likeness {
    if (kind === "region") {
      const [left, right] = [a, b].map(({ bytes, heap }) => this.#heapObject(heap, bytes));
      // What leads nowhere is kept as it is stored.
      if (left === null || right === null) return areSame(a.bytes, b.bytes) ? "same" : "differs";
      if (areSame(left, right)) return "same";
      return areSame(this.#oldRegion(left), right) ? "encoded otherwise" : "differs";
    }
    const [type, flags] = a.bytes;
    if (type === 0 || (type === 2 && (flags & 1) === 0)) {
      if (areSame(a.bytes, b.bytes)) return "same";
      // What is behind an object's token is not used.
      const end = 3 + a.bytes[2];
      return areSame(a.bytes.subarray(0, end), b.bytes.subarray(0, end)) ? "padding differs" : "differs";
    }
    const [left, right] = [a, b].map(({ bytes, heap }) => this.#heapObject(heap, bytes.subarray(6)));
    if (left === null || right === null) return areSame(a.bytes, b.bytes) ? "same" : "differs";
    if (!areSame(a.bytes.subarray(0, 2), b.bytes.subarray(0, 2))) return "differs";
    if (areSame(left, right)) return "same";
    return type === 3 && areSame(this.#standardRegion(left), right) ? "encoded otherwise" : "differs";
  }

  /** The heap object that an ID leads to; `null` where it leads nowhere. */
  #heapObject(heap: Heap, id: Uint8Array): Uint8Array | null {
    const reader = new ByteReader(id, 0, this.#sizes);
    let address: number | null;
    try {
      address = reader.address();
    } catch {
      // Garbage, which is no address at all.
      return null;
    }
    return address === null || address === 0 ? null : heap.object(address, reader.u32());
  }

  /** The content of a region reference with its selection as this library encodes it. */
  #oldRegion(content: Uint8Array): Uint8Array {
    const reader = new ByteReader(content, 0, this.#sizes);
    const writer = new ByteWriter(this.#sizes);
    writer.bytes(reader.take(this.#sizes.offsetSize));
    encodeSelection(decodeSelection(reader), writer);
    return writer.finish();
  }

  /** The same for the references of HDF5 1.12. */
  #standardRegion(content: Uint8Array): Uint8Array {
    const reader = new ByteReader(content, 0, this.#sizes);
    const token = reader.take(1 + content[0]);
    const length = reader.u32();
    const rank = reader.u32();
    const selection = new ByteWriter(this.#sizes);
    encodeSelection(decodeSelection(reader.slice(length)), selection);
    const writer = new ByteWriter(this.#sizes);
    writer.bytes(token);
    writer.u32(selection.length);
    writer.u32(rank);
    writer.bytes(selection.written());
    return writer.finish();
  }
}

function part({ bytes, heap }: Elements, start: number, length: number): Elements {
  return { bytes: bytes.subarray(start, start + length), heap };
}

/** The bits of a float's fields, least significant byte first, with zeros for all others. */
function fieldsOf(datatype: Datatype & { class: "float" }, stored: Uint8Array): Uint8Array {
  const { size, byteOrder, signPosition, exponentPosition, exponentSize, mantissaPosition, mantissaSize } = datatype;
  let bits = 0n;
  for (let at = 0; at < size; at++) {
    const from = byteOrder === "little" ? at : byteOrder === "big" ? size - 1 - at : (size - 2 - at) ^ 1;
    bits |= BigInt(stored[from]) << BigInt(8 * at);
  }
  const field = (position: number, width: number) => ((1n << BigInt(width)) - 1n) << BigInt(position);
  const mask = field(signPosition, 1) | field(exponentPosition, exponentSize) | field(mantissaPosition, mantissaSize);
  const kept = bits & mask;
  return Uint8Array.from({ length: size }, (_, at) => Number((kept >> BigInt(8 * at)) & 0xffn));
}

function withoutPadding(bytes: Uint8Array, padding: string): Uint8Array {
  if (padding === "null-terminated") {
    const end = bytes.indexOf(0);
    return end < 0 ? bytes : bytes.subarray(0, end);
  }
  const pad = padding === "null-padded" ? 0 : 0x20;
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === pad) end--;
  return bytes.subarray(0, end);
}
