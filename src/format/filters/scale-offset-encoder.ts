import { hostWords } from "../datatypes/byte-order.js";
import { isPlainFloat } from "../datatypes/standard-types.js";
import { invalidArgument } from "../errors.js";
import type { Datatype, FloatDatatype, IntegerDatatype } from "../structures/messages/datatype.js";
import type { Encoder, FilteredDataset, FilterOptions } from "./filter.js";
import type { Chunk } from "./scale-offset-packing.js";
import { packFloats, packNarrow, packWide } from "./scale-offset-packing.js";
import {
  CLASS_FLOAT,
  CLASS_INTEGER,
  CLIENT_DATA_LENGTH,
  checkClientData,
  FILL_VALUE_AT,
  isElementSize,
  SCALE_DECIMAL,
  SCALE_EXPONENT,
  SCALE_INTEGER,
} from "./scale-offset-parameters.js";

function isScalable(datatype: Datatype): datatype is IntegerDatatype | FloatDatatype {
  if (datatype.class === "integer") {
    return isElementSize(CLASS_INTEGER, datatype.size) && datatype.byteOrder !== "vax";
  }
  return datatype.class === "float" && isElementSize(CLASS_FLOAT, datatype.size) && isPlainFloat(datatype);
}

/**
 * Client data of filter 6 for a new dataset, as libhdf5 makes them (H5Z__set_local_scaleoffset in H5Zscaleoffset.c):
 * scale type, scale factor, elements of a chunk, class, size, sign, byte order, whether there is a fill value, and that.
 *
 * @throws HDF5Error `invalid-argument` for types that the filter does not take, and for a missing or wrong scale factor
 */
function clientDataFor({ scaleFactor }: FilterOptions, dataset: FilteredDataset): number[] {
  const { datatype, chunkDimensions, fillValue } = dataset;
  if (!isScalable(datatype)) {
    throw invalidArgument("scaleoffset takes integers of 1, 2, 4 or 8 bytes and floats of 4 or 8 bytes");
  }
  const { size } = datatype;
  const isFloat = datatype.class === "float";
  const factor = scaleFactor ?? (isFloat ? undefined : 0);
  const most = isFloat ? 0x7fffffff : size * 8;
  if (factor === undefined || !Number.isInteger(factor) || factor < 0 || factor > most) {
    const meaning = isFloat ? "the decimal digits that scaleoffset keeps of floats" : "the bits that scaleoffset keeps";
    throw invalidArgument(`scaleFactor, ${meaning}, is an integer from 0 to ${most}, not ${scaleFactor}`);
  }
  const clientData = new Array<number>(CLIENT_DATA_LENGTH).fill(0);
  clientData[0] = isFloat ? SCALE_DECIMAL : SCALE_INTEGER;
  clientData[1] = factor;
  clientData[2] = chunkDimensions.reduce((product, extent) => product * extent, 1);
  clientData[3] = isFloat ? CLASS_FLOAT : CLASS_INTEGER;
  clientData[4] = size;
  clientData[5] = datatype.class === "integer" && datatype.signed ? 1 : 0;
  clientData[6] = datatype.byteOrder === "big" ? 1 : 0;
  // A default fill value is one too.
  clientData[7] = 1;
  const value = new Uint8Array(8);
  if (fillValue !== null) value.set(fillValue.slice(0, size));
  if (datatype.byteOrder === "big") value.subarray(0, size).reverse();
  const words = new DataView(value.buffer);
  clientData[FILL_VALUE_AT] = words.getUint32(0, true);
  clientData[FILL_VALUE_AT + 1] = words.getUint32(4, true);
  return clientData;
}

/**
 * The inverse of `decodeScaleOffset`, as libhdf5 does it (H5Z__filter_scaleoffset in H5Zscaleoffset.c); `null` for what
 * it does not pack: data that are no chunk of such elements, E-scaling, more bits than the elements have.
 */
function encode(input: Uint8Array, clientData: readonly number[]): Uint8Array | null {
  if (clientData[0] === SCALE_EXPONENT) return null;
  checkClientData(clientData);
  const [, scaleFactor, elements, dataClass, size, sign, order, hasFill] = clientData;
  const isFloat = dataClass === CLASS_FLOAT;
  const factor = isFloat ? scaleFactor | 0 : Math.max(scaleFactor | 0, 0);
  if (!isFloat && factor === size * 8) return input;
  if (!isElementSize(dataClass, size) || (!isFloat && factor > size * 8)) return null;
  if (elements === 0 || input.length !== elements * size) return null;
  const littleEndian = order === 0;
  const chunk: Chunk = {
    input,
    words: hostWords(input, elements, size, littleEndian ? "little" : "big"),
    size,
    elements,
    littleEndian,
    signed: sign === 1,
    hasFill: hasFill === 1,
    fillLow: clientData[FILL_VALUE_AT],
    fillHigh: clientData[FILL_VALUE_AT + 1],
    factor,
  };
  if (isFloat) return packFloats(chunk);
  return size === 8 ? packWide(chunk) : packNarrow(chunk);
}

/** The writing half of filter 6, "scaleoffset", apart from the reading half so that readers need not load it. */
// Optional as in libhdf5 (H5Pset_scaleoffset): there may be values without a code.
export const scaleOffsetEncoder: Encoder = { encode, clientDataFor, optional: true };
