import { OnDemand } from "../storage/on-demand.js";
import type { BitPackedDecoders } from "./bit-packed-decoders.js";
import type { Filter } from "./filter.js";

/** Decoders of the filters that pack values into bits, which few files have. */
export const bitPackedDecoders = new OnDemand<BitPackedDecoders>(
  "data of the filters szip, nbit and scaleoffset",
  async () => (await import("./bit-packed-decoders.js")).bitPackedDecoders,
);

function bitPackedFilter(id: number, name: keyof BitPackedDecoders): Filter {
  return {
    id,
    name,
    decode: (input, clientData, expectedLength, limit) =>
      bitPackedDecoders.get()[name](input, clientData, expectedLength, limit),
    decodeAsync: async (...parameters) => (await bitPackedDecoders.load())[name](...parameters),
  };
}

/** Filter 4, "szip": adaptive Rice coding; read only. */
export const szipFilter = bitPackedFilter(4, "szip");

/** Filter 5, "nbit": padding bits of integers and floats are left out. */
export const nbitFilter = bitPackedFilter(5, "nbit");

/** Filter 6, "scaleoffset": values minus the chunk's minimum, in as few bits as the largest needs. */
export const scaleOffsetFilter = bitPackedFilter(6, "scaleoffset");
