import { expand } from "./codecs/block-decoder.js";
import { decodeLzo1x } from "./codecs/lzo1x.js";
import type { Filter } from "./filter.js";

/** Filter 305, "lzo": an LZO1X stream, as PyTables stores them; only read. */
export const lzoFilter: Filter = {
  id: 305,
  name: "lzo",
  decode: (input, _clientData, expectedLength, limit) => expand("LZO", decodeLzo1x, input, expectedLength, limit),
};
