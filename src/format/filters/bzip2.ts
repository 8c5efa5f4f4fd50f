import { expand } from "./codecs/block-decoder.js";
import { decodeBzip2 } from "./codecs/bzip2-stream.js";
import type { Filter } from "./filter.js";

/** Filter 307, "bzip2": a bzip2 stream; only read. */
export const bzip2Filter: Filter = {
  id: 307,
  name: "bzip2",
  decode: (input, _clientData, expectedLength, limit) => expand("bzip2", decodeBzip2, input, expectedLength, limit),
};
