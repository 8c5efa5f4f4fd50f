import { invalidArgument, lookingAt } from "../errors.js";
import type { Datatype } from "../structures/messages/datatype.js";
import type { DType } from "./dtype.js";
import { enumMembers, isStoredDatatype, requireDType } from "./dtype.js";
import { dtypeOf } from "./dtype-of.js";

/**
 * The names of an enumeration's values, also of one inside array or variable-length types: `names.get(value)` for each
 * value that is read. Where several names have one value, the first counts.
 *
 * @throws HDF5Error `invalid-argument` for other types.
 */
export function enumNames(dtype: DType | Datatype): ReadonlyMap<number | bigint, string> {
  return lookingAt(() => namesOf(dtype));
}

function namesOf(dtype: DType | Datatype): ReadonlyMap<number | bigint, string> {
  requireDType(dtype);
  let type = isStoredDatatype(dtype) ? dtypeOf(dtype) : dtype;
  while (typeof type === "object" && (type.kind === "array" || type.kind === "variable-length")) type = type.base;
  if (type === "bool") {
    return new Map([
      [0, "FALSE"],
      [1, "TRUE"],
    ]);
  }
  if (typeof type === "string" || type.kind !== "enum") {
    throw invalidArgument(`the type ${typeof type === "string" ? type : type.kind} has no names for its values`);
  }
  const names = new Map<number | bigint, string>();
  for (const { name, value } of enumMembers(type)) if (!names.has(value)) names.set(value, name);
  return names;
}
