import { corrupt, invalidArgument } from "../errors.js";
import type { Filter, FilteredDataset } from "./filter.js";
import { interleaves } from "./jpeg-ls/header.js";
import { decodeJpegLs } from "./jpeg-ls/image-decoder.js";
import type { ImageDescription } from "./jpeg-ls/image-encoder.js";
import { encodeJpegLs } from "./jpeg-ls/image-encoder.js";

/** Values of the client data, in the order of the reference implementation's structures. */
const CLIENT_DATA_LENGTH = 13;
const LARGEST_SIZE = 65535;
const MOST_COMPONENTS = 4;
const FEWEST_PIXELS = 16;

/** Whether the reference implementation would encode images of these sizes. */
function isEncodable(elementSize: number, components: number, height: number, width: number): boolean {
  return (
    (elementSize === 1 || elementSize === 2) &&
    components >= 1 &&
    components <= MOST_COMPONENTS &&
    height <= LARGEST_SIZE &&
    width <= LARGEST_SIZE &&
    height * width >= FEWEST_PIXELS
  );
}

/** What the client data say about the image that a chunk is; `null` where they describe none that can be encoded. */
function describeImage(clientData: readonly number[], length: number): ImageDescription | null {
  if (clientData.length !== CLIENT_DATA_LENGTH) return null;
  const [elementSize, components, height, width, precision, , interleave, near, ...preset] = clientData;
  if (!isEncodable(elementSize, components, height, width)) return null;
  if (length !== elementSize * components * height * width) return null;
  if (precision < 2 || precision > 16 || elementSize !== (precision > 8 ? 2 : 1)) return null;
  if (interleave >= interleaves.length || (interleave > 0 && components < 3)) return null;
  const [maximum, threshold1, threshold2, threshold3, reset] = preset;
  return {
    width,
    height,
    components,
    precision,
    interleave: interleaves[interleave],
    near,
    preset: { maximum, threshold1, threshold2, threshold3, reset },
  };
}

function decode(
  input: Uint8Array,
  _clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  return decodeJpegLs(input, (length) => {
    if (length > limit || (expectedLength !== null && length !== expectedLength)) {
      throw corrupt(`the JPEG-LS image has ${length} bytes, expected ${expectedLength ?? `at most ${limit}`}`);
    }
  });
}

function encode(input: Uint8Array, clientData: readonly number[]): Uint8Array | null {
  const image = describeImage(clientData, input.length);
  return image === null ? null : encodeJpegLs(input, image);
}

function clientDataFor(_options: unknown, { elementSize, chunkDimensions }: FilteredDataset): number[] {
  const [components, height, width] = chunkDimensions.length === 2 ? [1, ...chunkDimensions] : chunkDimensions;
  if (chunkDimensions.length > 3 || width === undefined || !isEncodable(elementSize, components, height, width)) {
    throw invalidArgument(
      "fcidecomp takes elements of 1 or 2 bytes in chunks of 2 axes, or of 3 with up to 4 components first, with 16 pixels or more and no axis longer than 65535",
    );
  }
  return [elementSize, components, height, width, 8 * elementSize, components, 0, 0, 0, 0, 0, 0, 0];
}

/**
 * Filter 32018, "fcidecomp": EUMETSAT's FCIDECOMP, each chunk a JPEG-LS image.
 *
 * Client data: bytes of an element; components, lines and samples per line of a chunk; then bits of a sample,
 * components, interleave mode, NEAR, and the coding parameters MAXVAL, T1, T2, T3 and RESET, 0 for the defaults. An
 * image says all that about itself, so they matter to the encoder alone. Elements are unsigned little-endian samples
 * to the codec, whatever their type.
 */
export const fcidecompFilter: Filter = { id: 32018, name: "fcidecomp", decode, encode, clientDataFor };
