/** Variable-length elements (specification IV.A.2.d, class 9; stored as a length and a global heap ID). */
import { corrupt, HDF5Error } from "../errors.js";
import type { VariableLengthDatatype } from "../structures/messages/datatype.js";
import type { DecodeContext, EncodeContext } from "./element-context.js";
import type { HeapCollection } from "./heap-objects.js";
import { addressAt, heapIdSize, requireSize, u32At } from "./heap-objects.js";
import { TextBuilder, VariableTextEncoder } from "./strings.js";
import type { StringValue } from "./undecodable-string.js";
import type { ElementData } from "./values.js";

const noBytes = new Uint8Array(0);

/** The address of the collection that has the `length` bytes an element refers to; `null` where it has none. */
function collectionAddress(bytes: Uint8Array, start: number, length: number, context: DecodeContext): number | null {
  const { sizes, budget } = context;
  const address = addressAt(bytes, start + 4, sizes.offsetSize);
  if (length === 0 || address === 0) return null;
  if (address === null) throw corrupt("a variable-length element has no address but a length");
  budget.left -= length;
  if (budget.left < 0) throw new HDF5Error("limit", "the variable-length elements exceed the limit of one read");
  return address;
}

function requireContent(length: number, stored: number): void {
  if (stored >= length) return;
  throw corrupt(`a variable-length element of ${length} bytes has ${stored} in the global heap`);
}

/** The bytes an element refers to, `length` of them. */
function contentOf(bytes: Uint8Array, start: number, length: number, context: DecodeContext): Uint8Array {
  const { sizes, heap } = context;
  const address = collectionAddress(bytes, start, length, context);
  if (address === null) return noBytes;
  const content = heap.object(address, u32At(bytes, start + 4 + sizes.offsetSize));
  requireContent(length, content.length);
  return content.length === length ? content : content.subarray(0, length);
}

/** Strings of variable length, up to their first NUL. */
export function decodeVariableStrings(
  datatype: VariableLengthDatatype,
  bytes: Uint8Array,
  count: number,
  context: DecodeContext,
): StringValue[] | Uint8Array[] {
  const { size } = datatype;
  requireSize(datatype, 4 + heapIdSize(context.sizes));
  if (context.strings !== "bytes") return decodeTexts(datatype, bytes, count, context);
  const raw: Uint8Array[] = [];
  for (let start = 0; start < count * size; start += size) {
    raw.push(untilNul(contentOf(bytes, start, u32At(bytes, start), context)).slice());
  }
  return raw;
}

function decodeTexts(
  datatype: VariableLengthDatatype,
  bytes: Uint8Array,
  count: number,
  context: DecodeContext,
): StringValue[] {
  const { heap, sizes, strings } = context;
  const { size } = datatype;
  const texts = new TextBuilder(count, datatype, strings);
  let collection: HeapCollection | null = null;
  let collectionAt = -1;
  for (let index = 0, start = 0; index < count; index++, start += size) {
    const length = u32At(bytes, start);
    const address = collectionAddress(bytes, start, length, context);
    if (address === null) {
      texts.add(noBytes, 0, 0);
      continue;
    }
    if (collection === null || address !== collectionAt) {
      collection = heap.collection(address);
      collectionAt = address;
    }
    const object = u32At(bytes, start + 4 + sizes.offsetSize);
    const from = collection.start(object);
    requireContent(length, collection.length(object));
    texts.addUntilNul(collection.bytes, from, from + length);
  }
  return texts.finish();
}

function untilNul(content: Uint8Array): Uint8Array {
  const nul = content.indexOf(0);
  return nul < 0 ? content : content.subarray(0, nul);
}

/** Sequences: for each element the data of its own elements. */
export function decodeSequences(
  datatype: VariableLengthDatatype,
  bytes: Uint8Array,
  count: number,
  context: DecodeContext,
): ElementData[] {
  const { size, base } = datatype;
  requireSize(datatype, 4 + heapIdSize(context.sizes));
  const sequences = new Array<ElementData>(count);
  for (let index = 0; index < count; index++) {
    const start = index * size;
    // A copy, as what is decoded may be a view of it, and the heap's bytes are kept.
    const content = contentOf(bytes, start, u32At(bytes, start) * base.size, context).slice();
    sequences[index] = context.decode(base, content, content.length === 0 ? 0 : content.length / base.size, context);
  }
  return sequences;
}

/** The stored bytes of variable-length strings; the text goes to the heap. */
export function encodeVariableStrings(
  datatype: VariableLengthDatatype,
  values: ArrayLike<unknown>,
  context: EncodeContext,
): Uint8Array {
  const encoded = new ElementWriter(datatype, values.length, context);
  const texts = new VariableTextEncoder(datatype.characterSet, context.strings);
  for (let index = 0; index < values.length; index++) {
    const bytes = texts.encode(values[index], index);
    encoded.write(index, bytes.length, bytes);
  }
  return encoded.bytes;
}

/** The stored bytes of sequences; their elements go to the heap. */
export function encodeSequences(
  datatype: VariableLengthDatatype,
  sequences: ArrayLike<unknown>,
  context: EncodeContext,
): Uint8Array {
  const { base } = datatype;
  const encoded = new ElementWriter(datatype, sequences.length, context);
  const inner: EncodeContext = { ...context, scalar: false };
  for (let index = 0; index < sequences.length; index++) {
    const length = context.lengthOf(base, sequences[index], index);
    encoded.write(index, length, length === 0 ? noBytes : context.encode(base, sequences[index], length, inner));
  }
  return encoded.bytes;
}

/** Writes the length and heap ID of each element; an empty one has neither. */
class ElementWriter {
  readonly bytes: Uint8Array;
  readonly #size: number;
  readonly #context: EncodeContext;
  readonly #view: DataView;

  constructor(datatype: VariableLengthDatatype, count: number, context: EncodeContext) {
    requireSize(datatype, 4 + heapIdSize(context.sizes));
    this.#size = datatype.size;
    this.#context = context;
    this.bytes = new Uint8Array(count * datatype.size);
    this.#view = new DataView(this.bytes.buffer);
  }

  write(index: number, length: number, content: Uint8Array): void {
    if (length === 0) return;
    const { offsetSize } = this.#context.sizes;
    const start = index * this.#size;
    const id = this.#context.heap.insert(content);
    this.#view.setUint32(start, length, true);
    let rest = id.address;
    for (let byte = 0; byte < offsetSize; byte++) {
      this.bytes[start + 4 + byte] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#view.setUint32(start + 4 + offsetSize, id.index, true);
  }
}
