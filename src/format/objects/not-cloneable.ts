/**
 * An enumerable function among the fields of a handle: with it `structuredClone` and `postMessage` refuse the handle,
 * of which they would make an empty object, or a copy of the caches of the whole file.
 */
export function notCloneable(): string {
  return "a handle of an open file cannot be cloned: send what was read with it";
}
