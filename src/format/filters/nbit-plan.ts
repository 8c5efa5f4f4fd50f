import { corrupt } from "../errors.js";

/** Classes in the client data. */
export const ATOMIC = 1;
export const ARRAY = 2;
export const COMPOUND = 3;
export const UNCHANGED = 4;

/** Byte orders in the client data. */
export const LITTLE_ENDIAN = 0;
export const BIG_ENDIAN = 1;

/** Deepest nesting of arrays and compounds. */
const MAXIMUM_DEPTH = 64;

/** Checks the client data; whether elements are packed by them, which those without padding bits are not. */
export function isPacked(clientData: readonly number[]): boolean {
  if (clientData.length < 2 || clientData[0] !== clientData.length) {
    throw corrupt(`the n-bit filter has ${clientData.length} client data values, which do not agree with the first`);
  }
  // Where the class of the elements has no padding bits, nothing more describes them.
  if (clientData[1] !== 0) return false;
  if (clientData.length < 5) throw corrupt("the client data of the n-bit filter ends early");
  return true;
}

/**
 * The packed bits of one element: entry `i` takes `counts[i]` bits, which stand at bit `shifts[i]` of byte `bytes[i]` of
 * the element. What no entry mentions is padding, and zero. The client data that say so are described nowhere but in
 * libhdf5 (H5Znbit.c).
 */
export class ElementPlan {
  readonly bytes: number[] = [];
  readonly counts: number[] = [];
  readonly shifts: number[] = [];
  bits = 0;
  /** Whether a compound has a member after an array of arrays or compounds. */
  hasMemberAfterNesting = false;
  readonly #clientData: readonly number[];
  readonly #available: number;
  #at: number;

  /** Reads the description at `clientData[at]`; `available` is how many packed bits there may be. */
  constructor(clientData: readonly number[], at: number, available: number) {
    this.#clientData = clientData;
    this.#at = at;
    this.#available = available;
  }

  #next(): number {
    if (this.#at >= this.#clientData.length) throw corrupt("the client data of the n-bit filter ends early");
    return this.#clientData[this.#at++];
  }

  #add(byte: number, count: number, shift: number): void {
    this.bits += count;
    if (this.bits > this.#available) throw corrupt("the n-bit data are too short for one element");
    this.bytes.push(byte);
    this.counts.push(count);
    this.shifts.push(shift);
  }

  /** Adds an element of `elementClass` at `offset` that may have `room` bytes. */
  add(elementClass: number, offset: number, room: number, depth = 0): void {
    if (depth > MAXIMUM_DEPTH) throw corrupt("the n-bit client data nests too deeply");
    const size = this.#next();
    if (size === 0 || size > room) throw corrupt(`the n-bit client data has a size of ${size} where ${room} fit`);
    if (elementClass === ATOMIC) this.#addAtomic(offset, size);
    else if (elementClass === ARRAY) this.#addArray(offset, size, depth);
    else if (elementClass === COMPOUND) this.#addCompound(offset, size, depth);
    else if (elementClass === UNCHANGED) {
      for (let byte = 0; byte < size; byte++) this.#add(offset + byte, 8, 0);
    } else throw corrupt(`the n-bit client data has the unknown class ${elementClass}`);
  }

  #addAtomic(offset: number, size: number): void {
    const order = this.#next();
    const precision = this.#next();
    const bitOffset = this.#next();
    const end = bitOffset + precision;
    if (precision === 0 || end > size * 8) {
      throw corrupt(`${precision} bits at bit ${bitOffset} do not fit an n-bit element of ${size} bytes`);
    }
    for (let significance = Math.ceil(end / 8) - 1; significance * 8 + 8 > bitOffset; significance--) {
      const low = Math.max(bitOffset, significance * 8);
      const high = Math.min(end, significance * 8 + 8);
      const byte = order === BIG_ENDIAN ? size - 1 - significance : significance;
      this.#add(offset + byte, high - low, low - significance * 8);
    }
  }

  #addArray(offset: number, size: number, depth: number): void {
    const baseClass = this.#next();
    const baseAt = this.#at;
    const baseSize = this.#next();
    // Data that is not packed is described by its own size alone, whatever the size of the items.
    if (baseClass === UNCHANGED) {
      for (let byte = 0; byte < size; byte++) this.#add(offset + byte, 8, 0);
      return;
    }
    if (baseSize === 0) throw corrupt("the n-bit client data has array items of 0 bytes");
    const items = Math.floor(size / baseSize);
    if (items === 0) throw corrupt("the n-bit client data has array items larger than the array");
    for (let item = 0; item < items; item++) {
      this.#at = baseAt;
      this.add(baseClass, offset + item * baseSize, baseSize, depth + 1);
    }
  }

  #addCompound(offset: number, size: number, depth: number): void {
    const members = this.#next();
    let used = 0;
    for (let member = 0; member < members; member++) {
      const memberOffset = this.#next();
      const memberClass = this.#next();
      // Each class has its size first.
      const memberSize = this.#clientData[this.#at] ?? 0;
      const baseClass = this.#clientData[this.#at + 1];
      if (memberClass === ARRAY && (baseClass === ARRAY || baseClass === COMPOUND) && member + 1 < members) {
        this.hasMemberAfterNesting = true;
      }
      used += memberSize;
      if (used > size || memberOffset + memberSize > size) {
        throw corrupt(`member ${member} of an n-bit compound does not fit its ${size} bytes`);
      }
      this.add(memberClass, offset + memberOffset, memberSize, depth + 1);
    }
  }
}

/** Bytes that libhdf5 writes, one of them for bits left over, even where none are. */
export function packedLength(plan: ElementPlan, elements: number): number {
  return Math.floor((plan.bits * elements) / 8) + 1;
}
