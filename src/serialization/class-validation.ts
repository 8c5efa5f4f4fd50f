/** The validators of whole classes. */

import { HDF5Error } from "../format/index.js";
import type { ClassInfo } from "./class-info.js";
import { serializedAsIs } from "./deep.js";
import { messageOf } from "./errors.js";
import { readAll, stateOf, touch } from "./instance-state.js";
import type { Serializable } from "./serializable.js";
import { validated } from "./standard-schema.js";

/**
 * Asks the validators of a class about an instance. What is still in a file is not judged.
 *
 * @throws HDF5Error `invalid-argument` that lists what is wrong, at `path`
 */
export function checkValid(instance: Serializable, { name, schema, validators }: ClassInfo, path?: string): void {
  if (validators.length === 0) return;
  const values = readAll(instance, schema);
  for (const key of values.keys()) touch(instance, key);
  for (const value of values.values()) {
    if (typeof value === "object" && value !== null && serializedAsIs in value) return;
  }
  for (const validator of validators) {
    try {
      validated(validator, Object.fromEntries(values));
    } catch (error) {
      const message = messageOf(error);
      const where = path === undefined ? "" : `${path}: `;
      throw new HDF5Error("invalid-argument", `${where}${name} refuses its values: ${message}`, { path, cause: error });
    }
  }
}

/** Makes changes to an instance and takes them back where the validators refuse them. */
export function changeValidly(instance: Serializable, info: ClassInfo, change: () => void): void {
  if (info.validators.length === 0) {
    change();
    return;
  }
  const { values } = stateOf(instance);
  const before = new Map(values);
  change();
  try {
    checkValid(instance, info);
  } catch (error) {
    values.clear();
    for (const [name, value] of before) values.set(name, value);
    throw error;
  }
}
