import { expect } from "vitest";
import { HDF5Error } from "../../src/format/errors.js";
import type { FieldSizes } from "../../src/format/structures/byte-reader.js";
import { ByteReader } from "../../src/format/structures/byte-reader.js";
import { ByteWriter } from "../../src/format/structures/byte-writer.js";

export const eightByteFields: FieldSizes = { offsetSize: 8, lengthSize: 8 };

export function fromHex(hex: string): Uint8Array {
  const digits = hex.replaceAll(/\s/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function readerOf(bytes: Uint8Array | string, sizes = eightByteFields, fileOffset = 0): ByteReader {
  return new ByteReader(typeof bytes === "string" ? fromHex(bytes) : bytes, fileOffset, sizes);
}

/** The bytes that `encode` writes of `value`. */
export function encoded<Value>(
  encode: (writer: ByteWriter, value: Value) => void,
  value: Value,
  sizes = eightByteFields,
): Uint8Array {
  // A small buffer, so that it grows in the middle of fields.
  const writer = new ByteWriter(sizes, 1);
  encode(writer, value);
  return writer.finish();
}

/** Decodes `hex`, expects the encoder to give the same bytes back (before any padding), and returns the record. */
export function decodedBothWays<Value>(
  decode: (reader: ByteReader) => Value,
  encode: (writer: ByteWriter, value: Value) => void,
  hex: string,
  sizes = eightByteFields,
): Value {
  const bytes = fromHex(hex);
  const value = decode(readerOf(bytes, sizes));
  const again = encoded(encode, value, sizes);
  expect(toHex(again)).toBe(toHex(bytes.subarray(0, again.length)));
  expect(bytes.subarray(again.length).every((byte) => byte === 0)).toBe(true);
  return value;
}

/** The error that `run` raises, which must be the library's own. */
export function errorOf(run: () => unknown): HDF5Error {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(HDF5Error);
    if (error instanceof HDF5Error) return error;
  }
  throw new Error("expected an error");
}

/** Expects every prefix, and every change of one byte to a few values, to decode or to raise an HDF5Error. */
export function expectHardy(decode: (reader: ByteReader) => unknown, bytes: Uint8Array): void {
  const survive = (candidate: Uint8Array): void => {
    try {
      decode(readerOf(candidate));
    } catch (error) {
      if (!(error instanceof HDF5Error)) throw error;
    }
  };
  for (let length = 0; length < bytes.length; length++) survive(bytes.subarray(0, length));
  for (let index = 0; index < bytes.length; index++) {
    for (const value of [0x00, 0x01, 0x7f, 0xff]) {
      const changed = bytes.slice();
      changed[index] = value;
      survive(changed);
    }
  }
}
