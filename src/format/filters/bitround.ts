import type { Filter } from "./filter.js";

/** What was rounded is read as it is stored. */
function asStored(input: Uint8Array): Uint8Array {
  return input;
}

/** Filter 32022, "BitGroom": bits without significance were cleared or set before storing; only read. */
export const bitGroomFilter: Filter = {
  id: 32022,
  name: "BitGroom",
  decode: asStored,
  encodedLength: (length) => length,
};

/** Filter 32023, "Granular BitRound": numbers were rounded before storing; only read. */
export const granularBitRoundFilter: Filter = {
  id: 32023,
  name: "Granular BitRound",
  decode: asStored,
  encodedLength: (length) => length,
};
