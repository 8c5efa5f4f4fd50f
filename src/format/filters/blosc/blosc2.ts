import { corrupt } from "../../errors.js";
import type { Filter } from "../filter.js";
import { decodeB2nd, readB2ndShapes } from "./b2nd.js";
import { BloscChunk } from "./chunk.js";
import { decodeBloscFrame, isBloscFrame, readBloscFrame } from "./frame.js";

/** `length`, checked against what may result. */
export function checkedLength(length: number, expectedLength: number | null, limit: number): number {
  if (length > limit || (expectedLength !== null && length !== expectedLength)) {
    throw corrupt(`the data expand to ${length} bytes, expected ${expectedLength ?? `at most ${limit}`}`);
  }
  return length;
}

/** Expands one chunk that is not in a frame. */
export function decodeBloscChunk(
  input: Uint8Array,
  _clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  // What the header says is checked before anything is allocated.
  if (input.length >= 8) {
    const view = new DataView(input.buffer, input.byteOffset, input.length);
    checkedLength(view.getUint32(4, true), expectedLength, limit);
  }
  const chunk = new BloscChunk(input);
  const output = new Uint8Array(chunk.header.length);
  chunk.decode(output);
  return output;
}

function decode(
  input: Uint8Array,
  clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  if (!isBloscFrame(input)) return decodeBloscChunk(input, clientData, expectedLength, limit);
  const frame = readBloscFrame(input, limit);
  const layer = frame.metalayers.get("b2nd") ?? frame.metalayers.get("caterva");
  if (layer === undefined) {
    const output = new Uint8Array(checkedLength(frame.length, expectedLength, limit));
    decodeBloscFrame(frame, output);
    return output;
  }
  const shapes = readB2ndShapes(layer);
  const length = shapes.shape.reduce((total, size) => total * size, frame.typeSize);
  const output = new Uint8Array(checkedLength(length, expectedLength, limit));
  decodeB2nd(frame, shapes, output);
  return output;
}

/** Filter 32026, "blosc2": a Blosc2 frame of one chunk or one array, or a bare chunk; only read. */
export const blosc2Filter: Filter = { id: 32026, name: "blosc2", decode };
