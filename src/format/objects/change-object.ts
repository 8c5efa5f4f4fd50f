import { withPath } from "../errors.js";
import { markUnknownMessages, requireWritableHeader } from "../structures/object-header.js";
import type { ObjectState } from "./object-state.js";

/**
 * Requires that nothing in an object's header forbids changing it. To be called before anything of the object is
 * changed: its attributes, links, data, or the number of links to it.
 *
 * @param path - the object's path where it is not the one that the call concerns
 * @throws UnsupportedFeatureError for a message of an unknown type that says so (flag bit 3)
 */
export function requireChangeable(object: ObjectState, path?: string | null): void {
  const { file, header } = object;
  file.editing();
  if (header === null) return;
  try {
    requireWritableHeader(header, file.context.baseAddress);
  } catch (error) {
    throw withPath(error, path ?? "");
  }
}

/** Whether messages of unknown types want to be told that the object was changed without regard to them. */
export function wantsMarks(object: ObjectState): boolean {
  return object.header !== null && markUnknownMessages(object.messages) !== object.messages;
}

/** Marks these messages of an object that has changed. */
export function stageMarks(object: ObjectState): void {
  if (object.header !== null) object.messages = markUnknownMessages(object.messages);
}
