import type { Device } from "../storage/device.js";
import type { Operation } from "../storage/operation.js";
import { decode } from "../storage/operation.js";
import type { PageCache } from "../storage/page-cache.js";
import type { Storage } from "../storage/storage.js";
import { ByteReader } from "../structures/byte-reader.js";
import type { FileOutline } from "../structures/driver-information.js";
import { decodeFileOutline } from "../structures/driver-information.js";
import type { DriverInfo } from "../structures/messages/driver-info.js";
import type { AssembledFile } from "./assemble-file.js";
import type { ForeignFiles } from "./foreign-files.js";
import { needsResolver } from "./resolver.js";

/** What a family without driver information is recognised by: libhdf5's usual way of naming the first member. */
const usualFirstMember = /0{5,}\.[^./\\]+$/;

/**
 * Opens the other parts of a file that the family, multi or split driver keeps in several; `null` for a file that is
 * complete. `driverOf` finds the driver info message of a superblock extension.
 *
 * @throws UnsupportedFeatureError where there are other parts and no resolver.
 */
export function* otherParts(
  device: Device,
  cache: PageCache,
  offset: number,
  foreign: ForeignFiles | null,
  driverOf: (storage: Storage, outline: FileOutline, offset: number) => DriverInfo | null,
): Operation<AssembledFile | null> {
  const outline = yield* decode(cache, (storage) => decodeFileOutline(storage, offset));
  const driver = outline.driver ?? (yield* decode(cache, (storage) => driverOf(storage, outline, offset)));
  const name = driver?.driver.replace(/\0+$/, "") ?? null;
  const what = `the file driver "${name}", which keeps one file in several parts,`;
  if (name === "NCSAmult" && driver !== null) {
    return yield* required(foreign, what, offset).assembleMulti(device, driver, offset);
  }
  const isCutOff = outline.end !== null && offset + outline.end > device.size;
  if (!isCutOff || outline.end === null) return null;
  const end = offset + outline.end;
  if (name === "NCSAfami" && driver !== null) {
    const files = required(foreign, what, offset);
    const memberSize = new ByteReader(driver.information, offset, { offsetSize: 8, lengthSize: 8 }).u64();
    return yield* files.assembleFamily(device, memberSize, end);
  }
  if (name !== null || !usualFirstMember.test(device.name)) return null;
  // Old families do not say what they are; all that shows is that the file goes on elsewhere.
  const family = "a family of files, of which this seems to be the first,";
  return yield* required(foreign, family, offset).assembleFamily(device, device.size, end);
}

function required(foreign: ForeignFiles | null, what: string, offset: number): ForeignFiles {
  if (foreign === null) throw needsResolver(what, { offset });
  return foreign;
}
