import { expand } from "./codecs/block-decoder.js";
import { decodeZstandard } from "./codecs/zstd/frame.js";
import type { Filter } from "./filter.js";

/** Filter 32015, "zstd": Zstandard frames; only read. */
export const zstdFilter: Filter = {
  id: 32015,
  name: "zstd",
  decode: (input, _clientData, expectedLength, limit) =>
    expand("Zstandard", decodeZstandard, input, expectedLength, limit),
};
