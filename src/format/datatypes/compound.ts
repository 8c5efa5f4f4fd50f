import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument } from "../errors.js";
import type { CompoundDatatype, CompoundMember, Datatype } from "../structures/messages/datatype.js";
import type { DecodeContext, EncodeContext } from "./element-context.js";
import { requireSize } from "./heap-objects.js";
import { trailingShape } from "./items.js";
import { isBoolean } from "./standard-types.js";
import type { CompoundArrayMember } from "./values.js";
import { CompoundArray } from "./values.js";

/** Elements of a compound datatype; each column is decoded when it is first asked for, so `bytes` must stay as they are. */
export function decodeCompound(
  datatype: CompoundDatatype,
  bytes: Uint8Array,
  count: number,
  context: DecodeContext,
): CompoundArray {
  return new CompoundArray(count, membersOf(datatype), (index) => {
    const member = datatype.members[index];
    return context.decode(member.datatype, memberBytes(bytes, member, datatype.size, count), count, context);
  });
}

/** The members of the datatypes met: sequences of compounds ask for those of one datatype again and again. */
const knownMembers = new WeakMap<CompoundDatatype, readonly CompoundArrayMember[]>();

function membersOf(datatype: CompoundDatatype): readonly CompoundArrayMember[] {
  let members = knownMembers.get(datatype);
  if (members === undefined) {
    members = datatype.members.map(({ name, offset, datatype: memberType }) => {
      requireSize(datatype, offset + memberType.size);
      return { name, trailingShape: trailingShape(memberType), isBoolean: isBoolean(memberType) };
    });
    knownMembers.set(datatype, members);
  }
  return members;
}

/** The bytes of one member of all elements, one after another in new memory. */
export function memberBytes(bytes: Uint8Array, member: CompoundMember, stride: number, count: number): Uint8Array {
  const { size } = member.datatype;
  const packed = new Uint8Array(count * size);
  if (((size | stride | member.offset | bytes.byteOffset) & 3) === 0) {
    const from = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    gatherWords(from, new Uint32Array(packed.buffer), member.offset >>> 2, stride >>> 2, size >>> 2);
  } else if (size <= 32) {
    let to = 0;
    for (let index = 0, from = member.offset; index < count; index++, from += stride) {
      for (let byte = 0; byte < size; byte++) packed[to++] = bytes[from + byte];
    }
  } else {
    for (let index = 0, from = member.offset; index < count; index++, from += stride) {
      packed.set(bytes.subarray(from, from + size), index * size);
    }
  }
  return packed;
}

function gatherWords(from: Uint32Array, to: Uint32Array, offset: number, stride: number, width: number): void {
  for (let out = 0, start = offset; out < to.length; start += stride) {
    for (let word = 0; word < width; word++) to[out++] = from[start + word];
  }
}

function scatter(packed: Uint8Array, encoded: Uint8Array, member: CompoundMember, stride: number, count: number): void {
  const { size } = member.datatype;
  let from = 0;
  for (let index = 0, to = member.offset; index < count; index++, to += stride) {
    for (let byte = 0; byte < size; byte++) encoded[to + byte] = packed[from++];
  }
}

/** The stored bytes of a {@link CompoundArray}, an array of records, or a record of columns. */
export function encodeCompound(
  datatype: CompoundDatatype,
  value: unknown,
  count: number,
  context: EncodeContext,
): Uint8Array {
  const { members, size } = datatype;
  const encoded = new Uint8Array(count * size);
  const columns = columnsOf(members, value, count);
  const isByRow = Array.isArray(value) || value instanceof CompoundArray;
  const inner = isByRow ? { ...context, scalar: false } : context;
  members.forEach((member, index) => {
    requireSize(datatype, member.offset + member.datatype.size);
    const packed = encodeMember(member, columns[index], count, inner);
    scatter(packed, encoded, member, size, count);
  });
  return encoded;
}

function encodeMember(member: CompoundMember, column: unknown, count: number, context: EncodeContext): Uint8Array {
  try {
    return context.encode(member.datatype, column, count, context);
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "invalid-argument") throw error;
    throw invalidArgument(`member ${JSON.stringify(member.name)}: ${error.message}`);
  }
}

function columnsOf(members: readonly CompoundMember[], value: unknown, count: number): unknown[] {
  if (value instanceof CompoundArray) {
    if (value.length !== count) throw invalidArgument(`expected ${count} records, found ${value.length}`);
    requireNames(members, value.names, "the compound array");
    return members.map((member) => value.column(member.name));
  }
  if (Array.isArray(value)) {
    if (value.length !== count) throw invalidArgument(`expected ${count} records, found ${value.length}`);
    value.forEach((record, index) => {
      requireRecord(record, `at index ${index}`);
      requireNames(members, Object.keys(record), `the record at index ${index}`);
    });
    // One value per record, so that a member's own arrays stay apart.
    return members.map((member) => value.map((record: Record<string, unknown>) => record[member.name]));
  }
  requireRecord(value, "as the value");
  if (value["kind"] === "compound-array" && value["columns"] !== undefined) {
    throw invalidArgument("this is a clone of a compound array, of which revive() makes one again");
  }
  requireNames(members, Object.keys(value), "the record");
  return members.map((member) => value[member.name]);
}

function requireRecord(value: unknown, where: string): asserts value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw invalidArgument(`expected a record ${where}, found ${describeValue(value)}`);
  }
}

function requireNames(members: readonly CompoundMember[], names: readonly string[], what: string): void {
  const given = new Set(names);
  for (const { name } of members) {
    if (!given.has(name)) throw invalidArgument(`${what} lacks the member ${JSON.stringify(name)}`);
  }
  if (given.size > members.length) {
    const known = new Set(members.map((member) => member.name));
    const extra = names.find((name) => !known.has(name));
    throw invalidArgument(`${what} has ${JSON.stringify(extra)}, which the type does not`);
  }
}

/** How deep arrays go in one element of a datatype, sequences included. */
export function leafDepth(datatype: Datatype): number {
  if (datatype.class === "array") return leafDepth(datatype.base);
  if (datatype.class === "variable-length" && datatype.content === "sequence") return 1 + leafDepth(datatype.base);
  return 0;
}
