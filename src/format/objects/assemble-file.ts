import { corrupt, HDF5Error, unsupported } from "../errors.js";
import { AssembledDevice } from "../storage/assembled-device.js";
import { closeDevice } from "../storage/close-device.js";
import type { Device } from "../storage/device.js";
import type { Operation } from "../storage/operation.js";
import type { AddressParts } from "../structures/byte-reader.js";
import type { DriverInfo } from "../structures/messages/driver-info.js";
import { decodeMultiMembers, MultiAddressParts, partStart } from "../structures/multi-driver.js";
import type { ForeignFiles } from "./foreign-files.js";

/** All parts of a file that a driver keeps in several. */
export interface AssembledFile {
  readonly device: Device;
  /** Its parts but for the first. */
  readonly others: readonly Device[];
  readonly addressParts?: AddressParts;
  /** What the file is, for messages. */
  readonly what: string;
}

/** The number of a family's first member: the last zeros in its name. */
const memberNumber = /^(.*?[^0-9])?(0+)([^0-9/\\]*(?:\.[^/\\]*)?)$/s;
const mostMembers = 10_000;

/**
 * Opens the other members of a family.
 *
 * @param memberSize - bytes of each member but the last
 * @param end - bytes of all members together
 */
export function* assembleFamily(
  foreign: ForeignFiles,
  first: Device,
  memberSize: number,
  end: number,
): Operation<AssembledFile> {
  const match = memberNumber.exec(baseName(first.name));
  if (match === null) throw unsupported(`a family of files whose first member is called "${first.name}"`);
  if (memberSize !== first.size) {
    throw corrupt(`the members of a family have ${memberSize} bytes, the first has ${first.size}`, 0);
  }
  const [, before = "", digits, after] = match;
  const devices = [first];
  try {
    for (
      let size = first.size;
      size < end;
      size = (devices.length - 1) * memberSize + devices[devices.length - 1].size
    ) {
      if (devices.length >= mostMembers) throw new HDF5Error("limit", `a family has more than ${mostMembers} members`);
      const name = `${before}${String(devices.length).padStart(digits.length, "0")}${after}`;
      const member = yield* foreign.openDevice(name, { kind: "file-member", from: first.name });
      if (member === null)
        throw corrupt(`the member "${name}" of a family of files is missing: expected ${end} bytes, found ${size}`);
      devices.push(member);
      if (member.size < memberSize && devices.length * memberSize < end) {
        throw corrupt(`the member "${name}" of a family of files has ${member.size} bytes, expected ${memberSize}`);
      }
    }
  } catch (error) {
    for (const device of devices.slice(1)) yield* closeDevice(device);
    throw error;
  }
  const parts = devices.map((device, index) => ({ device, start: index * memberSize }));
  return { device: new AssembledDevice(first.name, parts), others: devices.slice(1), what: "a family of files" };
}

/** Opens the other parts of a file that the multi or split driver wrote. */
export function* assembleMulti(
  foreign: ForeignFiles,
  first: Device,
  driver: DriverInfo,
  offset: number,
): Operation<AssembledFile> {
  const members = decodeMultiMembers(driver.information);
  const own = baseName(first.name);
  const common = commonName(own, members[0].template);
  if (common === null)
    throw corrupt(`"${own}" is not called "${members[0].template}" like the part with the superblock`, offset);
  const devices = [first];
  try {
    for (const { template } of members.slice(1)) {
      const name = template.replace("%s", () => common);
      const member = yield* foreign.openDevice(name, { kind: "file-member", from: first.name });
      if (member === null) throw new HDF5Error("not-found", `the part "${name}" of "${own}" is missing`);
      devices.push(member);
    }
  } catch (error) {
    for (const device of devices.slice(1)) yield* closeDevice(device);
    throw error;
  }
  const parts = devices.map((device, index) => ({ device, start: partStart(index) }));
  return {
    device: new AssembledDevice(first.name, parts),
    others: devices.slice(1),
    addressParts: new MultiAddressParts(members),
    what: "a file in several parts",
  };
}

/** What stands for `%s` in a name made from a template. */
function commonName(name: string, template: string): string | null {
  const at = template.indexOf("%s");
  if (at < 0) return name === template ? "" : null;
  const before = template.slice(0, at);
  const after = template.slice(at + 2);
  if (name.length < before.length + after.length || !name.startsWith(before) || !name.endsWith(after)) return null;
  return name.slice(before.length, name.length - after.length);
}

/** The last component of a path or URL. */
function baseName(name: string): string {
  const path = name.replace(/[?#].*$/s, "");
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
