import { corrupt } from "../errors.js";
import type { ByteReader } from "../structures/byte-reader.js";
import { decodeObjectComment } from "../structures/messages/comment.js";
import { MessageType } from "../structures/messages/message-types.js";
import {
  decodeObjectModificationTime,
  decodeOldObjectModificationTime,
} from "../structures/messages/object-modification-time.js";
import type { ObjectState } from "./object-state.js";
import { sharedFlag } from "./object-state.js";

/** A reader of a message that an object has itself; `null` where it has none. */
function ownReader(object: ObjectState, type: number): ByteReader | null {
  const message = object.message(type);
  if (message === undefined) return null;
  if ((message.flags & sharedFlag) !== 0) throw corrupt(`a message of type ${type} cannot be shared`);
  return object.messageReader(message);
}

/** The comment of an object. */
export function commentOf(object: ObjectState): string | null {
  const reader = ownReader(object, MessageType.ObjectComment);
  return reader === null ? null : decodeObjectComment(reader).text;
}

/** When an object was last modified, where the file says so; in seconds since 1970. */
export function modificationSeconds(object: ObjectState): number | null {
  const reader = ownReader(object, MessageType.ObjectModificationTime);
  if (reader !== null) return decodeObjectModificationTime(reader).seconds;
  const old = ownReader(object, MessageType.OldObjectModificationTime);
  if (old !== null) return decodeOldObjectModificationTime(old).seconds;
  const times = object.header?.times ?? null;
  return times === null || times.modification === 0 ? null : times.modification;
}
