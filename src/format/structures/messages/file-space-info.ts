import { corrupt, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** How free space is found: free-space managers with aggregators or with pages, aggregators alone, or nothing. */
export type FileSpaceStrategy = "free-space-managers" | "pages" | "aggregators" | "none";

/** How a file's free space is managed, in the superblock extension (specification IV.A.2.x, "The File Space Info Message"). */
export interface FileSpaceInfo {
  /** 0 in files of HDF5 1.10.0, otherwise 1. */
  readonly version: number;
  readonly strategy: FileSpaceStrategy;
  /** Whether free space is kept in the file when it is closed. */
  readonly persistent: boolean;
  /** Smallest free section that is tracked. */
  readonly sectionThreshold: number;
  /** "File space page size". */
  readonly pageSize: number;
  /** Smallest free section that is tracked at the end of a metadata page. */
  readonly pageEndMetadataThreshold: number;
  /** End of allocated space before the free-space managers' own blocks, `null` where none is stored. */
  readonly endBeforeManagers: number | null;
  /**
   * Addresses of the persistent managers for superblock, B-tree, raw data, global heap, local heap and object header
   * space: six in version 0; in version 1 six for small sections, then six for large ones. Empty unless `persistent`.
   */
  readonly managerAddresses: readonly (number | null)[];
}

/** Version 1 strategies by stored value. */
const strategies = ["free-space-managers", "pages", "aggregators", "none"] as const;
/** Version 0 strategies by stored value minus 1; the first is the persistent one. */
const oldStrategies = ["free-space-managers", "free-space-managers", "aggregators", "none"] as const;
const oldPersistentStrategy = 1;
const spaceTypes = 6;
/** What version 0 leaves unsaid. */
const defaultPageSize = 4096;

/** Decodes the file space info message (0x0017), versions 0 and 1. */
export function decodeFileSpaceInfo(reader: ByteReader): FileSpaceInfo {
  const start = reader.offset;
  const version = reader.u8();
  if (version > 1) throw unsupported(`version ${version} of the file space info message`, start);
  const stored = reader.u8();
  if (version === 0) {
    if (stored < 1 || stored > oldStrategies.length) throw corrupt(`${stored} is not a file space strategy`, start + 1);
    const persistent = stored === oldPersistentStrategy;
    return {
      version,
      strategy: oldStrategies[stored - 1],
      persistent,
      sectionThreshold: reader.length(),
      pageSize: defaultPageSize,
      pageEndMetadataThreshold: 0,
      endBeforeManagers: null,
      managerAddresses: persistent ? decodeAddresses(reader, spaceTypes) : [],
    };
  }
  if (stored >= strategies.length) throw corrupt(`${stored} is not a file space strategy`, start + 1);
  const persistent = reader.u8() !== 0;
  return {
    version,
    strategy: strategies[stored],
    persistent,
    sectionThreshold: reader.length(),
    pageSize: reader.length(),
    pageEndMetadataThreshold: reader.u16(),
    endBeforeManagers: reader.address(),
    managerAddresses: persistent ? decodeAddresses(reader, 2 * spaceTypes) : [],
  };
}

function decodeAddresses(reader: ByteReader, count: number): (number | null)[] {
  const addresses: (number | null)[] = [];
  for (let index = 0; index < count; index++) addresses.push(reader.address());
  return addresses;
}

/** Encodes the file space info message (0x0017), versions 0 and 1. */
export function encodeFileSpaceInfo(writer: ByteWriter, info: FileSpaceInfo): void {
  const { version, strategy, persistent } = info;
  if (version > 1) throw invalidArgument(`a file space info message has version 0 or 1, not ${version}`);
  const expected = persistent ? (version + 1) * spaceTypes : 0;
  if (info.managerAddresses.length !== expected) {
    throw invalidArgument(`expected ${expected} free-space manager addresses, found ${info.managerAddresses.length}`);
  }
  writer.u8(version);
  if (version === 0) {
    if (strategy === "pages" || (persistent && strategy !== "free-space-managers")) {
      throw invalidArgument(`the file space strategy "${strategy}" needs version 1 of the file space info message`);
    }
    writer.u8(persistent ? oldPersistentStrategy : oldStrategies.lastIndexOf(strategy) + 1);
    writer.lengthField(info.sectionThreshold);
  } else {
    writer.u8(strategies.indexOf(strategy));
    writer.u8(persistent ? 1 : 0);
    writer.lengthField(info.sectionThreshold);
    writer.lengthField(info.pageSize);
    writer.u16(info.pageEndMetadataThreshold);
    writer.address(info.endBeforeManagers);
  }
  for (const address of info.managerAddresses) writer.address(address);
}
