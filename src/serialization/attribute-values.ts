/** How scalars, strings, paths and the absence of a value are written as attributes, and read back. */

import type { AttributeInfo, DType } from "../format/index.js";
import { Complex } from "./complex.js";
import { messageOf } from "./errors.js";
import { FilePath } from "./file-path.js";
import { primitiveEncoderOf } from "./registry.js";
import type { ScalarType, StoredScalar } from "./scalar.js";
import { checkScalar, naturalType, TypedScalar } from "./scalar.js";
import { errorAt } from "./serialize.js";
import { isReordered } from "./stored-types.js";

const noneText = "NoneType:None";
const pathPrefix = "Path:";

/** Strings that would read as something else are told apart by their padding; only null-terminated ones mean more. */
const literalString: DType = { kind: "string", characterSet: "utf-8", padding: "null-padded" };

/** A value as the format layer stores it. */
export interface EncodedAttribute {
  readonly value: unknown;
  readonly dtype: ScalarType;
}

function isSentinel(text: string): boolean {
  return text === noneText || text.startsWith(pathPrefix);
}

function encodeString(text: string, path: string): EncodedAttribute {
  if (text.includes("\0")) {
    throw errorAt("invalid-argument", path, "a string with a NUL character cannot be stored; make an array of it");
  }
  if (/\p{Surrogate}/u.test(text)) {
    throw errorAt("invalid-argument", path, "the string is not well-formed Unicode: it holds half a surrogate pair");
  }
  return { value: text, dtype: isSentinel(text) ? literalString : "string" };
}

/** How a value is stored as an attribute, `null` when it is not one for an attribute. */
export function encodeAttribute(value: unknown, path: string): EncodedAttribute | null {
  switch (typeof value) {
    case "string":
      return encodeString(value, path);
    case "number":
    case "boolean":
      return { value, dtype: naturalType(value) };
    case "bigint":
      return { value, dtype: withPathOf(path, () => naturalType(value)) };
  }
  if (value === null || value === undefined) return { value: noneText, dtype: "string" };
  if (value instanceof Complex) return { value: { re: value.re, im: value.im }, dtype: naturalType(value) };
  if (value instanceof FilePath) {
    return { ...encodeString(pathPrefix + value.absolute().path, path), dtype: "string" };
  }
  if (value instanceof TypedScalar) return encodeTyped(value, path);
  const encode = typeof value === "object" ? primitiveEncoderOf(value) : undefined;
  if (encode === undefined) return null;
  const encoded = encode(value);
  const plain = typeof encoded !== "object" || encoded === null || encoded instanceof Complex;
  if (!plain || typeof encoded === "undefined" || typeof encoded === "function") {
    throw errorAt("invalid-argument", path, "the encoder of a primitive type returned something other than a scalar");
  }
  return encodeAttribute(encoded, path);
}

function encodeTyped({ value, type }: TypedScalar, path: string): EncodedAttribute | null {
  if (value === null || value === undefined || value instanceof FilePath) return encodeAttribute(value, path);
  withPathOf(path, () => checkScalar(value, type));
  if (typeof value === "string" && type === "string") return encodeString(value, path);
  return { value: value instanceof Complex ? { re: value.re, im: value.im } : value, dtype: type };
}

function withPathOf<Result>(path: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw errorAt("invalid-argument", path, messageOf(error));
  }
}

/** A value read from an attribute, and its type where saving must keep it. */
export interface DecodedAttribute {
  readonly value: unknown;
  readonly stored: StoredScalar | null;
}

/** What an attribute's content means. `raw` is what the format layer read. */
export function decodeAttribute(info: AttributeInfo, raw: unknown): DecodedAttribute {
  const { datatype } = info;
  if (typeof raw === "string") {
    const terminated = "padding" in datatype && datatype.padding === "null-terminated";
    if (terminated && raw === noneText) return { value: null, stored: null };
    if (terminated && raw.startsWith(pathPrefix)) {
      return { value: new FilePath(raw.slice(pathPrefix.length)), stored: null };
    }
    return { value: raw, stored: isOrdinaryString(info) ? null : { value: raw, type: datatype } };
  }
  let value = raw;
  if (typeof raw === "bigint" && BigInt.asIntN(54, raw) === raw && Number.isSafeInteger(Number(raw))) {
    value = Number(raw);
  } else if (isComplex(info.dtype, raw)) {
    value = new Complex(raw.re, raw.im);
  } else if (typeof raw === "object" && raw !== null && info.shape?.length === 0) {
    // Records, opaque bytes and references have no form of their own here: the type goes with the value.
    return { value: new TypedScalar(raw, datatype), stored: null };
  }
  if (
    typeof value === "number" ||
    typeof value === "bigint" ||
    typeof value === "boolean" ||
    value instanceof Complex
  ) {
    const ordinary = withinNatural(value, info.dtype) && !isReordered(datatype);
    return { value, stored: ordinary ? null : { value, type: datatype } };
  }
  return { value, stored: null };
}

function withinNatural(value: number | bigint | boolean | Complex, dtype: DType): boolean {
  return naturalType(value) === dtype;
}

function isOrdinaryString({ datatype }: AttributeInfo): boolean {
  return datatype.class === "variable-length" && datatype.characterSet === "utf-8";
}

function isComplex(dtype: DType, raw: unknown): raw is { readonly re: number; readonly im: number } {
  const complex =
    dtype === "complex64" || dtype === "complex128" || (typeof dtype === "object" && dtype.kind === "complex");
  return complex && typeof raw === "object" && raw !== null && "re" in raw && "im" in raw;
}
