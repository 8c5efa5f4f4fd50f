import type { Filter } from "../filter.js";
import { decodeBloscChunk } from "./blosc2.js";

/** Filter 32001, "blosc": one Blosc chunk; only read. */
export const bloscFilter: Filter = { id: 32001, name: "blosc", decode: decodeBloscChunk };
