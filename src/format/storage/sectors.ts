/** The unit that a device is assumed to write all or nothing. */
export const sectorSize = 512;

/** True when `[offset, offset + length)` lies within one sector. */
export function withinSector(offset: number, length: number): boolean {
  return length === 0 || Math.floor(offset / sectorSize) === Math.floor((offset + length - 1) / sectorSize);
}
