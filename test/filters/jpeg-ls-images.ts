/** Images that the streams of jpeg-ls.json hold, made the same way wherever they are compressed. */

export type ImageKind = "noise" | "ramp" | "flat" | "shapes";

/** Samples as bytes, little-endian where they have more than 8 bits, interleaved by sample or one component after the other. */
export function makeImage(
  kind: ImageKind,
  width: number,
  height: number,
  components: number,
  precision: number,
  interleaved: boolean,
): Uint8Array {
  const top = 2 ** precision - 1;
  const samples =
    precision > 8 ? new Uint16Array(width * height * components) : new Uint8Array(width * height * components);
  let state = 1;
  for (let component = 0; component < components; component++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        let value: number;
        if (kind === "noise") value = state >> 8;
        else if (kind === "ramp") {
          value = Math.floor(((x * x + 3 * x * y + y * (component + 2)) * top) / 2000) + ((state >> 16) & 1);
        } else if (kind === "flat") value = (state >> 16) % 97 === 0 ? state >> 4 : Math.floor(((y >> 3) * top) / 5);
        else value = x > 8 && x < 20 && y > 4 && y < 15 ? top - component : (x + y) >> 2;
        const at = interleaved ? (y * width + x) * components + component : (component * height + y) * width + x;
        samples[at] = value & top;
      }
    }
  }
  return new Uint8Array(samples.buffer);
}
