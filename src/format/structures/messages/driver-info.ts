import { invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { decodeText, encodeText } from "../text.js";

/** What a file driver needs to reopen a file, in the superblock extension (specification IV.A.2.u, "The Driver Info Message"). */
export interface DriverInfo {
  /** Eight characters such as `NCSAmult` or `NCSAfami`. */
  readonly driver: string;
  /** In the driver's own format. */
  readonly information: Uint8Array;
}

const driverLength = 8;

/** Decodes the driver info message (0x0014). */
export function decodeDriverInfo(reader: ByteReader): DriverInfo {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the driver info message`, start);
  const driver = decodeText(reader.take(driverLength));
  return { driver, information: reader.take(reader.u16()).slice() };
}

/** Encodes the driver info message (0x0014). */
export function encodeDriverInfo(writer: ByteWriter, info: DriverInfo): void {
  const driver = encodeText(info.driver);
  if (driver.length !== driverLength || info.information.length > 0xffff) {
    throw invalidArgument("a driver is named by eight characters and has at most 65535 bytes of information");
  }
  writer.u8(0);
  writer.bytes(driver);
  writer.u16(info.information.length);
  writer.bytes(info.information);
}
