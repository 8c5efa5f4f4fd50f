import { describeValue } from "../../arguments/describe-value.js";
import type { Known, KnownOptions } from "../../arguments/known-options.js";
import type { Synonyms } from "../../arguments/option-problem.js";
import { checkOptions } from "../../arguments/option-problem.js";
import { invalidArgument } from "../errors.js";
import type { CompoundDTypeMember, DType, EnumDTypeMember } from "./dtype.js";

type Kind = Extract<DType, object>["kind"];
type OfKind<K extends Kind> = Extract<DType, { readonly kind: K }>;

const byteOrder = ["little", "big", "vax"] as const;

/** The fields of each kind of dtype. */
const fields: { readonly [K in Kind]: Known<OfKind<K>> } = {
  integer: { kind: true, size: true, signed: "boolean", byteOrder, bitOffset: "number", precision: "number" },
  float: {
    kind: true,
    size: true,
    byteOrder,
    bitOffset: "number",
    precision: "number",
    normalization: ["none", "msb-set", "implied"],
    signPosition: "number",
    exponentPosition: "number",
    exponentSize: "number",
    mantissaPosition: "number",
    mantissaSize: "number",
    exponentBias: "number",
  },
  string: {
    kind: true,
    length: true,
    characterSet: ["ascii", "utf-8"],
    padding: ["null-terminated", "null-padded", "space-padded"],
  },
  compound: { kind: true, members: "array", size: true },
  enum: { kind: true, base: true, members: true },
  array: { kind: true, base: true, shape: "array" },
  "variable-length": { kind: true, base: true },
  opaque: { kind: true, size: true, tag: "string" },
  bitfield: { kind: true, size: true, byteOrder, bitOffset: "number", precision: "number" },
  time: { kind: true, size: true, byteOrder, precision: "number" },
  complex: { kind: true, base: true },
};

const memberFields: Known<CompoundDTypeMember> = { name: "string", dtype: true, offset: true };
const enumMemberFields: Known<EnumDTypeMember> = { name: "string", value: true };
const memberSynonyms: Synonyms = { type: "dtype" };

/** Fields that a dtype cannot do without, by kind. */
const required: { readonly [K in Kind]?: readonly string[] } = {
  integer: ["signed"],
  compound: ["members"],
  enum: ["base", "members"],
  array: ["base", "shape"],
  "variable-length": ["base"],
  opaque: ["tag"],
  complex: ["base"],
};

function requireFields(what: string, value: unknown, known: KnownOptions, synonyms?: Synonyms): void {
  // The words are those for options, which the fields of a dtype are very much like.
  const problem = checkOptions(value, known, synonyms);
  if (problem !== null) throw invalidArgument(`${what}: ${problem}`);
}

/**
 * Checks what a dtype is made of, but not the dtypes in it.
 *
 * @throws HDF5Error `invalid-argument` for a kind that there is not, and fields that are unknown, missing or of the
 * wrong kind.
 */
export function requireDTypeFields(dtype: Extract<DType, object>): void {
  const { kind } = dtype;
  if (typeof kind !== "string" || !Object.hasOwn(fields, kind)) {
    throw invalidArgument(`there is no dtype of kind ${describeValue(kind)}`);
  }
  requireFields(`a dtype of kind "${kind}"`, dtype, fields[kind]);
  for (const name of required[kind] ?? []) {
    if ((dtype as unknown as Record<string, unknown>)[name] === undefined) {
      throw invalidArgument(`a dtype of kind "${kind}" needs "${name}"`);
    }
  }
  if (kind === "compound") {
    dtype.members.forEach((member, index) => {
      requireFields(`member ${index} of a compound dtype`, member ?? null, memberFields, memberSynonyms);
    });
  }
  if (kind === "enum" && Array.isArray(dtype.members)) {
    dtype.members.forEach((member, index) => {
      requireFields(`member ${index} of an enum dtype`, member ?? null, enumMemberFields);
    });
  }
}
