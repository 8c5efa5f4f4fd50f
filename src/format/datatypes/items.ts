import type { Datatype } from "../structures/messages/datatype.js";
import { arrayLength } from "./heap-objects.js";
import { isBoolean } from "./standard-types.js";
import type { ElementData, ElementValue } from "./values.js";
import { elementOf } from "./values.js";

/** Axes that one element of a datatype adds to its array: those of an array type, and the bytes of an opaque one. */
export function trailingShape(datatype: Datatype): number[] {
  const shape: number[] = [];
  let type = datatype;
  while (type.class === "array") {
    shape.push(...type.dimensions);
    type = type.base;
  }
  if (type.class === "opaque") shape.push(type.size);
  return shape;
}

/** The datatype inside array types, any number of them. */
export function elementBase(datatype: Datatype): Datatype {
  let type = datatype;
  while (type.class === "array") type = type.base;
  return type;
}

/** Whether elements are strings, or arrays of them. */
export function holdsStrings(datatype: Datatype): boolean {
  const base = elementBase(datatype);
  return base.class === "string" || (base.class === "variable-length" && base.content === "string");
}

/** One element of decoded data by itself; that of an array or opaque type is a part of the data. */
export function itemOf(datatype: Datatype, data: ElementData, index: number): ElementValue {
  const isArray = datatype.class === "array" || datatype.class === "opaque";
  return elementOf(data, index, isArray ? arrayLength(trailingShape(datatype)) : null, isBoolean(datatype));
}

/** The value of a scalar dataspace, from its decoded data. */
export function scalarOf(datatype: Datatype, data: ElementData): ElementValue {
  return itemOf(datatype, data, 0);
}
