import { corrupt, unsupported } from "../errors.js";

/** Bytes before the packed values: width, size of the minimum, minimum. */
export const HEADER_LENGTH = 21;

/** Number of client data values; the last twelve hold the fill value. */
export const CLIENT_DATA_LENGTH = 20;
export const FILL_VALUE_AT = 8;

export const SCALE_DECIMAL = 0;
export const SCALE_EXPONENT = 1;
export const SCALE_INTEGER = 2;

export const CLASS_INTEGER = 0;
export const CLASS_FLOAT = 1;

/** Whether elements of a class can have this size. */
export function isElementSize(dataClass: number, size: number): boolean {
  const sizes = dataClass === CLASS_FLOAT ? [4, 8] : [1, 2, 4, 8];
  return sizes.includes(size);
}

/** Checks what does not depend on the chunk. */
export function checkClientData(clientData: readonly number[]): void {
  if (clientData.length !== CLIENT_DATA_LENGTH) {
    throw corrupt(`the scale-offset filter has ${clientData.length} client data values, expected 20`);
  }
  const [scaleType, , , dataClass] = clientData;
  if (scaleType === SCALE_EXPONENT) throw unsupported("the E-scaling method of the scale-offset filter");
  const wanted = dataClass === CLASS_INTEGER ? SCALE_INTEGER : dataClass === CLASS_FLOAT ? SCALE_DECIMAL : -1;
  if (scaleType !== wanted) throw corrupt(`scale type ${scaleType} does not go with class ${dataClass}`);
}

/** Reverses the bytes of each element. */
export function reverseElements(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
