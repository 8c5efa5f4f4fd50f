import { corrupt, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** When a dataset's storage is allocated. */
export type AllocationTime = "early" | "late" | "incremental";

/** When the fill value is written. */
export type FillTime = "on-allocation" | "never" | "if-set";

/** Messages 0x0005 (versions 1–3) and 0x0004 (specification IV.A.2.e and IV.A.2.f). */
export interface FillValue {
  /** 1–3; 0 for the old message 0x0004. */
  readonly version: number;
  readonly allocationTime: AllocationTime;
  readonly fillTime: FillTime;
  /** `default` means zeros. */
  readonly status: "undefined" | "default" | "user";
  /** The stored element when `status` is `user`. */
  readonly value: Uint8Array | null;
}

/** By stored value. 0 is "not used" and appears where storage has no choice of time, which acts as late. */
const allocationTimes = ["late", "early", "late", "incremental"] as const;
const fillTimes = ["on-allocation", "never", "if-set"] as const;
/** Version 3 flags. */
const isUndefined = 0x10;
const hasValue = 0x20;
/** The size −1 of an undefined fill value. */
const undefinedSize = 0xffffffff;

/** Decodes message 0x0005. */
export function decodeFillValue(reader: ByteReader): FillValue {
  const start = reader.offset;
  const version = reader.u8();
  if (version < 1 || version > 3) throw unsupported(`version ${version} of the fill value message`, start);
  if (version === 3) {
    const flags = reader.u8();
    if (flags >= 0x40) throw unsupported(`fill value flags 0x${flags.toString(16)}`, start + 1);
    const times = decodeTimes(flags & 3, (flags >> 2) & 3, start + 1);
    if ((flags & isUndefined) === 0) {
      return { version, ...times, ...((flags & hasValue) === 0 ? defaultValue : decodeSizedValue(reader)) };
    }
    if ((flags & hasValue) !== 0) throw corrupt("a fill value is both defined and undefined", start + 1);
    return { version, ...times, ...undefinedValue };
  }
  const times = decodeTimes(reader.u8(), reader.u8(), start + 1);
  const isDefined = reader.u8() !== 0;
  return { version, ...times, ...(isDefined ? decodeSizedValue(reader) : undefinedValue) };
}

/** Decodes message 0x0004, which has neither version nor times. */
export function decodeOldFillValue(reader: ByteReader): FillValue {
  return { version: 0, allocationTime: "late", fillTime: "if-set", ...decodeSizedValue(reader) };
}

/** Encodes message 0x0005. */
export function encodeFillValue(writer: ByteWriter, fillValue: FillValue): void {
  const { version, status } = fillValue;
  if (version < 1 || version > 3) throw invalidArgument(`a fill value message has version 1 to 3, not ${version}`);
  const allocationTime = allocationTimes.lastIndexOf(fillValue.allocationTime);
  const fillTime = fillTimes.indexOf(fillValue.fillTime);
  writer.u8(version);
  if (version === 3) {
    const flags = status === "undefined" ? isUndefined : status === "user" ? hasValue : 0;
    writer.u8(allocationTime | (fillTime << 2) | flags);
    if (status === "user") encodeSizedValue(writer, fillValue);
    return;
  }
  writer.u8(allocationTime);
  writer.u8(fillTime);
  writer.u8(status === "undefined" ? 0 : 1);
  // Version 1 has the size field even where nothing is defined.
  if (version === 1 || status !== "undefined") encodeSizedValue(writer, fillValue);
}

/** Encodes message 0x0004, which belongs beside 0x0005 only where `status` is `user`. */
export function encodeOldFillValue(writer: ByteWriter, fillValue: FillValue): void {
  encodeSizedValue(writer, fillValue);
}

type StatusAndValue = Pick<FillValue, "status" | "value">;

const undefinedValue: StatusAndValue = { status: "undefined", value: null };
const defaultValue: StatusAndValue = { status: "default", value: null };

function decodeTimes(
  allocationTime: number,
  fillTime: number,
  offset: number,
): Pick<FillValue, "allocationTime" | "fillTime"> {
  if (allocationTime >= allocationTimes.length) throw corrupt(`${allocationTime} is not an allocation time`, offset);
  if (fillTime >= fillTimes.length) throw corrupt(`${fillTime} is not a fill value write time`, offset);
  return { allocationTime: allocationTimes[allocationTime], fillTime: fillTimes[fillTime] };
}

function decodeSizedValue(reader: ByteReader): StatusAndValue {
  const size = reader.u32();
  if (size === undefinedSize) return undefinedValue;
  if (size === 0) return defaultValue;
  return { status: "user", value: reader.take(size).slice() };
}

function encodeSizedValue(writer: ByteWriter, { status, value }: StatusAndValue): void {
  if (status === "undefined") {
    writer.u32(undefinedSize);
    return;
  }
  writer.u32(value?.length ?? 0);
  if (value !== null) writer.bytes(value);
}
