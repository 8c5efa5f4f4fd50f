import { corrupt, unsupported } from "../errors.js";
import { BitReader } from "./bit-reader.js";
import { ElementPlan, isPacked, packedLength } from "./nbit-plan.js";

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
  if (!isPacked(clientData)) return input;
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
  if (plan.hasMemberAfterNesting && input.length !== packedLength(plan, elements)) {
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
