import { decodeNBit } from "./nbit.js";
import { decodeScaleOffset } from "./scale-offset.js";
import { decodeSzip } from "./szip.js";

/** By the names of the filters; apart from these so that they can be loaded with the first file that needs one. */
export const bitPackedDecoders = { szip: decodeSzip, nbit: decodeNBit, scaleoffset: decodeScaleOffset } as const;

/** See {@link bitPackedDecoders}. */
export type BitPackedDecoders = typeof bitPackedDecoders;
