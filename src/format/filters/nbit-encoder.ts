import { invalidArgument, UnsupportedFeatureError } from "../errors.js";
import type {
  ArrayDatatype,
  CompoundDatatype,
  Datatype,
  FloatDatatype,
  IntegerDatatype,
} from "../structures/messages/datatype.js";
import { BitWriter } from "./bit-writer.js";
import type { Encoder, FilteredDataset } from "./filter.js";
import {
  ARRAY,
  ATOMIC,
  BIG_ENDIAN,
  COMPOUND,
  ElementPlan,
  isPacked,
  LITTLE_ENDIAN,
  packedLength,
  UNCHANGED,
} from "./nbit-plan.js";

/** The most client data values that libhdf5 makes. */
const MAXIMUM_LENGTH = 4096;

const describedClasses: ReadonlySet<Datatype["class"]> = new Set(["integer", "float", "array", "compound"]);

/** What client data say about an element. */
class Description {
  readonly values: number[] = [];
  hasPadding = false;
  /** Whether a compound has a member after an array of arrays or compounds. */
  hasMemberAfterNesting = false;

  /** Adds an element that may have `room` bytes. */
  add(datatype: Datatype, room: number): void {
    if (datatype.class === "integer" || datatype.class === "float") this.#addNumber(datatype);
    else if (datatype.class === "array") this.#addArray(datatype);
    else if (datatype.class === "compound") this.#addCompound(datatype);
    // libhdf5 lets variable-length members reach to the next one.
    else this.values.push(UNCHANGED, datatype.class === "variable-length" ? room : datatype.size);
  }

  #addNumber({ size, byteOrder, precision, bitOffset }: IntegerDatatype | FloatDatatype): void {
    if (byteOrder === "vax") throw invalidArgument("the n-bit filter does not take numbers in VAX byte order");
    this.values.push(ATOMIC, size, byteOrder === "big" ? BIG_ENDIAN : LITTLE_ENDIAN, precision, bitOffset);
    if (precision !== size * 8) this.hasPadding = true;
  }

  #addArray({ size, base }: ArrayDatatype): void {
    if (base.class === "variable-length") {
      throw invalidArgument("the n-bit filter does not take arrays of variable-length elements");
    }
    this.values.push(ARRAY, size);
    this.add(base, base.size);
  }

  #addCompound({ size, members }: CompoundDatatype): void {
    this.values.push(COMPOUND, size, members.length);
    const last = members.length - 1;
    const isSorted = members.every(({ offset }, index) => index === last || offset < members[index + 1].offset);
    members.forEach(({ datatype, offset }, index) => {
      const base = datatype.class === "array" ? datatype.base.class : null;
      if ((base === "array" || base === "compound") && index < last) this.hasMemberAfterNesting = true;
      this.values.push(offset);
      const end = index === last ? size : members[index + 1].offset;
      this.add(datatype, isSorted ? end - offset : datatype.size);
    });
  }
}

/**
 * Client data of filter 5 for a new dataset, as libhdf5 makes them (H5Z__set_local_nbit in H5Znbit.c).
 *
 * @throws HDF5Error `invalid-argument` for types that the filter does not take
 * @throws UnsupportedFeatureError for a compound with members after an array of arrays or compounds
 */
function clientDataFor(_options: unknown, { datatype, chunkDimensions }: FilteredDataset): number[] {
  const elements = chunkDimensions.reduce((product, size) => product * size, 1);
  const description = new Description();
  // Elements of other classes have no padding bits, and need no description.
  if (describedClasses.has(datatype.class)) description.add(datatype, datatype.size);
  if (description.hasPadding && description.hasMemberAfterNesting) {
    throw new UnsupportedFeatureError(
      "writing n-bit data of members after an array of arrays or compounds",
      "the n-bit filter cannot keep members after an array of arrays or compounds, which libhdf5 stores incompletely",
    );
  }
  const length = 3 + description.values.length;
  if (length > MAXIMUM_LENGTH) {
    throw invalidArgument(`the n-bit filter needs ${length} values for these elements; at most 4096 are possible`);
  }
  return [length, description.hasPadding ? 0 : 1, elements, ...description.values];
}

/**
 * The inverse of `decodeNBit`, as libhdf5 does it (H5Z__nbit_compress in H5Znbit.c); `null` for data that are no chunk
 * of such elements, and for compounds that libhdf5 would store incompletely.
 */
function encode(input: Uint8Array, clientData: readonly number[]): Uint8Array | null {
  if (!isPacked(clientData)) return input;
  const [, , elements, elementClass, elementSize] = clientData;
  if (input.length === 0 || input.length !== elements * elementSize) return null;
  const plan = new ElementPlan(clientData, 4, elementSize * 8);
  plan.add(elementClass, 0, elementSize);
  if (plan.hasMemberAfterNesting) return null;
  const { bytes, counts, shifts } = plan;
  const output = new Uint8Array(packedLength(plan, elements));
  const writer = new BitWriter(output);
  for (let base = 0; base < input.length; base += elementSize) {
    for (let entry = 0; entry < bytes.length; entry++) {
      writer.write(input[base + bytes[entry]] >>> shifts[entry], counts[entry]);
    }
  }
  writer.finish();
  return output;
}

/** The writing half of filter 5, "nbit", apart from the reading half so that readers need not load it. */
export const nbitEncoder: Encoder = { encode, clientDataFor };
