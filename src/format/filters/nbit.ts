import { corrupt, unsupported } from "../errors.js";
import { BitReader } from "./bit-reader.js";

/** Classes in the client data. */
const ATOMIC = 1;
const ARRAY = 2;
const COMPOUND = 3;
const UNCHANGED = 4;

const BIG_ENDIAN = 1;

/** Deepest nesting of arrays and compounds. */
const MAXIMUM_DEPTH = 64;

/**
 * The packed bits of one element: entry `i` takes `counts[i]` bits and puts them at bit `shifts[i]` of byte
 * `bytes[i]`. What no entry mentions is padding, and zero.
 */
class ElementPlan {
  readonly bytes: number[] = [];
  readonly counts: number[] = [];
  readonly shifts: number[] = [];
  bits = 0;
  /** Whether a compound has a member after an array of arrays or compounds. */
  hasMemberAfterNesting = false;
  readonly #clientData: readonly number[];
  readonly #available: number;
  #at: number;

  /** Reads the description at `clientData[at]`; `available` is how many bits there are to unpack. */
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
    if (this.bits > this.#available) throw corrupt("the n-bit data is too short for one element");
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

/**
 * Filter 5, "nbit": padding bits of integers and floats are left out. Client data: its own length, a flag that nothing
 * was packed, elements of a chunk, and the description of an element.
 */
export function decodeNBit(
  input: Uint8Array,
  clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  if (clientData.length < 2 || clientData[0] !== clientData.length) {
    throw corrupt(`the n-bit filter has ${clientData.length} client data values, which do not agree with the first`);
  }
  // Elements without padding bits are left as they are; where their class has none, nothing more describes them.
  if (clientData[1] !== 0) return input;
  if (clientData.length < 5) throw corrupt("the client data of the n-bit filter ends early");
  const [, , elements, elementClass, elementSize] = clientData;
  const length = elements * elementSize;
  if (length > limit || (expectedLength !== null && length !== expectedLength)) {
    throw corrupt(`n-bit data has ${length} bytes, expected ${expectedLength ?? `at most ${limit}`}`);
  }
  if (length === 0) return new Uint8Array(0);
  const available = input.length * 8;
  const plan = new ElementPlan(clientData, 4, available);
  plan.add(elementClass, 0, elementSize);
  // libhdf5 loses its place in the client data after such an array, and with it some of the data. A stream of the
  // right length was written by something that does not.
  if (plan.hasMemberAfterNesting && input.length !== Math.floor((plan.bits * elements) / 8) + 1) {
    throw unsupported(
      "n-bit data of members after an array of arrays or compounds, which libhdf5 stores incompletely,",
    );
  }
  if (plan.bits * elements > available) {
    throw corrupt(`n-bit data of ${input.length} bytes cannot hold ${elements} elements of ${plan.bits} bits`);
  }
  const { bytes, counts, shifts } = plan;
  const output = new Uint8Array(length);
  const reader = new BitReader(input);
  for (let base = 0; base < length; base += elementSize) {
    for (let entry = 0; entry < bytes.length; entry++) {
      output[base + bytes[entry]] |= reader.read(counts[entry]) << shifts[entry];
    }
  }
  return output;
}
