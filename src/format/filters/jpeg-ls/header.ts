import { corrupt, unsupported } from "../../errors.js";
import type { ColorTransform } from "./color-transform.js";
import { isColorTransform } from "./color-transform.js";
import type { PresetParameters } from "./parameters.js";
import { defaultPreset } from "./parameters.js";

/** Second bytes of the markers (ITU-T T.87, C.1.1, and T.81, B.1.1.3). */
export const markers = {
  restart0: 0xd0,
  restart7: 0xd7,
  startOfImage: 0xd8,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  numberOfLines: 0xdc,
  restartInterval: 0xdd,
  application0: 0xe0,
  application8: 0xe8,
  application15: 0xef,
  startOfFrame: 0xf7,
  presetParameters: 0xf8,
  comment: 0xfe,
} as const;

/** "mrfx", with which the application segment of a colour transform starts. */
const COLOR_TRANSFORM_TAG = 0x6d726678;

/** Identifiers of the contents of a marker segment LSE. */
const CODING_PARAMETERS = 1;
const MAPPING_TABLE = 2;
const MAPPING_TABLE_CONTINUATION = 3;

/** The frame header, SOF55 (ITU-T T.87, C.2.2). */
export interface Frame {
  /** Bits of a sample, 2 to 16. */
  readonly precision: number;
  readonly height: number;
  readonly width: number;
  /** Identifiers of the components. */
  readonly components: readonly number[];
}

/** A scan header, SOS (ITU-T T.87, C.2.3), with what else holds for the scan. */
export interface Scan {
  /** Indexes of the components in the frame. */
  readonly components: readonly number[];
  readonly near: number;
  readonly interleave: Interleave;
  readonly preset: PresetParameters;
  readonly colorTransform: ColorTransform;
  /** Lines between restart markers; 0 without them. */
  readonly restartInterval: number;
}

export type Interleave = "none" | "line" | "sample";

/** By their codes. */
export const interleaves: readonly Interleave[] = ["none", "line", "sample"];

/** Reads the marker segments of a JPEG-LS stream (ITU-T T.87, annex C). */
export class HeaderReader {
  /** Where the next marker, or after a scan header its data, is expected. */
  position = 0;
  /** The frame, once its header was read. */
  frame: Frame | null = null;
  readonly #view: DataView;
  #preset = defaultPreset;
  #colorTransform: ColorTransform = 0;
  #restartInterval = 0;

  constructor(input: Uint8Array) {
    this.#view = new DataView(input.buffer, input.byteOffset, input.length);
    if (this.readMarker() !== markers.startOfImage) throw corrupt("the JPEG-LS data do not start with a marker SOI");
  }

  /** The second byte of the marker that stands here. */
  readMarker(): number {
    if (this.#byte(this.position++) !== 0xff) throw corrupt("the JPEG-LS data have no marker where one is expected");
    let code = 0xff;
    while (code === 0xff) code = this.#byte(this.position++);
    return code;
  }

  /** Reads up to the next scan header and through it. */
  readScan(): { readonly frame: Frame; readonly scan: Scan } {
    for (;;) {
      const marker = this.readMarker();
      if (marker === markers.endOfImage) throw corrupt("the JPEG-LS image ends before all its components");
      const hasSegment = marker >= 0xc0 && (marker < markers.restart0 || marker >= markers.startOfScan);
      if (!hasSegment) throw corrupt(`the JPEG-LS data have a misplaced marker 0x${marker.toString(16)}`);
      const start = this.position + 2;
      const length = this.#short(this.position) - 2;
      if (length < 0 || length > this.#view.byteLength - start)
        throw corrupt("the JPEG-LS data have a truncated segment");
      this.position = start + length;
      if (marker === markers.startOfScan) {
        if (this.frame === null) throw corrupt("the JPEG-LS data have a scan before their frame header");
        return { frame: this.frame, scan: this.#decodeScan(this.frame, start, length) };
      }
      this.#decodeSegment(marker, start, length);
    }
  }

  #decodeSegment(marker: number, start: number, length: number): void {
    if (marker === markers.startOfFrame) {
      if (this.frame !== null) throw corrupt("the JPEG-LS data have two frame headers");
      this.frame = this.#decodeFrame(start, length);
    } else if (marker === markers.presetParameters) this.#decodePreset(start, length);
    else if (marker === markers.restartInterval) this.#restartInterval = this.#decodeRestartInterval(start, length);
    else if (marker === markers.application8) this.#decodeApplication8(start, length);
    else if (marker === markers.numberOfLines)
      throw unsupported("a JPEG-LS image with its height after the first scan");
    else if (marker !== markers.comment && (marker < markers.application0 || marker > markers.application15)) {
      throw unsupported(`the JPEG marker 0x${marker.toString(16)}`);
    }
  }

  #decodeFrame(start: number, length: number): Frame {
    if (length < 6) throw corrupt("the JPEG-LS frame header is too short");
    const precision = this.#byte(start);
    const height = this.#short(start + 1);
    const width = this.#short(start + 3);
    const count = this.#byte(start + 5);
    if (length !== 6 + 3 * count) throw corrupt(`the JPEG-LS frame header of ${count} components has another length`);
    if (precision < 2 || precision > 16) throw corrupt(`the JPEG-LS samples have ${precision} bits`);
    if (height === 0 || width === 0) throw unsupported("a JPEG-LS image whose size is not in its frame header");
    if (count === 0) throw corrupt("the JPEG-LS image has no components");
    const components: number[] = [];
    for (let at = start + 6; at < start + length; at += 3) {
      components.push(this.#byte(at));
      if (this.#byte(at + 1) !== 0x11) throw unsupported("a JPEG-LS image with subsampled components");
    }
    if (new Set(components).size !== count)
      throw corrupt("the JPEG-LS image has two components of the same identifier");
    return { precision, height, width, components };
  }

  #decodeScan(frame: Frame, start: number, length: number): Scan {
    const count = length > 0 ? this.#byte(start) : 0;
    if (count < 1 || count > 4 || length !== 4 + 2 * count) throw corrupt("a JPEG-LS scan header has a wrong length");
    const components: number[] = [];
    for (let at = start + 1; at <= start + 2 * count; at += 2) {
      const component = frame.components.indexOf(this.#byte(at));
      if (component < 0) throw corrupt(`a JPEG-LS scan is of a component ${this.#byte(at)} that there is not`);
      components.push(component);
      if (this.#byte(at + 1) !== 0) throw unsupported("a JPEG-LS image with mapping tables");
    }
    const near = this.#byte(start + length - 3);
    const code = this.#byte(start + length - 2);
    if (code >= interleaves.length || (code === 0) !== (count === 1)) {
      throw corrupt(`a JPEG-LS scan of ${count} components has interleave mode ${code}`);
    }
    if (this.#byte(start + length - 1) !== 0) throw unsupported("a JPEG-LS scan with a point transform");
    return {
      components,
      near,
      interleave: interleaves[code],
      preset: this.#preset,
      colorTransform: this.#colorTransform,
      restartInterval: this.#restartInterval,
    };
  }

  #decodePreset(start: number, length: number): void {
    const kind = length > 0 ? this.#byte(start) : 0;
    // Tables that no scan selects change nothing.
    if (kind === MAPPING_TABLE || kind === MAPPING_TABLE_CONTINUATION) return;
    if (kind !== CODING_PARAMETERS) throw unsupported(`JPEG-LS preset parameters of type ${kind}`);
    if (length !== 11) throw corrupt("the JPEG-LS coding parameters have a wrong length");
    this.#preset = {
      maximum: this.#short(start + 1),
      threshold1: this.#short(start + 3),
      threshold2: this.#short(start + 5),
      threshold3: this.#short(start + 7),
      reset: this.#short(start + 9),
    };
  }

  #decodeRestartInterval(start: number, length: number): number {
    if (length < 2 || length > 4) throw corrupt("the JPEG-LS restart interval has a wrong length");
    let interval = 0;
    for (let at = start; at < start + length; at++) interval = interval * 256 + this.#byte(at);
    return interval;
  }

  #decodeApplication8(start: number, length: number): void {
    if (length !== 5 || this.#view.getUint32(start) !== COLOR_TRANSFORM_TAG) return;
    const code = this.#byte(start + 4);
    if (!isColorTransform(code)) throw unsupported(`the JPEG-LS colour transform ${code}`);
    this.#colorTransform = code;
  }

  #byte(at: number): number {
    if (at >= this.#view.byteLength) throw corrupt("the JPEG-LS data are truncated");
    return this.#view.getUint8(at);
  }

  #short(at: number): number {
    return this.#byte(at) * 256 + this.#byte(at + 1);
  }
}
