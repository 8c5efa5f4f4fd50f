import { corrupt, invalidArgument } from "../errors.js";
import type { CompoundDatatype, CompoundMember, Datatype } from "../structures/messages/datatype.js";
import { memberBytes } from "./compound.js";
import { arrayLength, requireSize } from "./heap-objects.js";

/** Elements of one type, and the axes that array types around them added. */
export interface PickedElements {
  readonly datatype: Datatype;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly trailing: readonly number[];
}

function memberOf(datatype: CompoundDatatype, name: string): CompoundMember {
  const member = datatype.members.find((candidate) => candidate.name === name);
  if (member !== undefined) return member;
  const names = datatype.members.map((candidate) => candidate.name).join(", ");
  throw invalidArgument(`there is no member ${JSON.stringify(name)}; the members are ${names}`);
}

function compoundOf(datatype: Datatype, name: string): CompoundDatatype {
  if (datatype.class === "compound") return datatype;
  throw invalidArgument(`the elements are of class ${datatype.class} and have no member ${JSON.stringify(name)}`);
}

/**
 * One member of compound elements by itself; a path of names leads into nested ones. Arrays on the way become axes.
 *
 * @throws HDF5Error `invalid-argument` when there is no such member.
 */
export function pickMember(
  datatype: Datatype,
  bytes: Uint8Array,
  count: number,
  path: string | readonly string[],
): PickedElements {
  if (count * datatype.size > bytes.length) {
    throw corrupt(`expected ${count} elements of ${datatype.size} bytes, found ${bytes.length} bytes`);
  }
  let picked: PickedElements = { datatype, bytes, count, trailing: [] };
  for (const name of typeof path === "string" ? [path] : path) {
    const inner = flattened(picked);
    const compound = compoundOf(inner.datatype, name);
    const member = memberOf(compound, name);
    requireSize(compound, member.offset + member.datatype.size);
    const gathered = memberBytes(inner.bytes, member, compound.size, inner.count);
    picked = { ...inner, datatype: member.datatype, bytes: gathered };
  }
  return picked;
}

/** Elements without the array types around them. */
function flattened(elements: PickedElements): PickedElements {
  let { datatype, count } = elements;
  const trailing = [...elements.trailing];
  while (datatype.class === "array") {
    const length = arrayLength(datatype.dimensions);
    if (length * datatype.base.size !== datatype.size) {
      throw corrupt(`an array of ${datatype.size} bytes has ${length} elements of ${datatype.base.size}`);
    }
    trailing.push(...datatype.dimensions);
    count *= length;
    datatype = datatype.base;
  }
  return { datatype, bytes: elements.bytes, count, trailing };
}

/**
 * A compound type with only the named members, in the order given, which stay where they are in each element.
 *
 * @throws HDF5Error `invalid-argument` when there is no such member.
 */
export function withMembers(datatype: Datatype, names: readonly string[]): Datatype {
  if (datatype.class === "array") return { ...datatype, base: withMembers(datatype.base, names) };
  const compound = compoundOf(datatype, names[0] ?? "");
  return { ...compound, members: names.map((name) => memberOf(compound, name)) };
}
