/** The unit that a device is assumed to write all or nothing. */
export const sectorSize = 512;

/** True when `[offset, offset + length)` lies within one sector. */
export function withinSector(offset: number, length: number): boolean {
  return length === 0 || Math.floor(offset / sectorSize) === Math.floor((offset + length - 1) / sectorSize);
}

/** Whether an item lies across two sectors, of those of `size` bytes that fill a range one after another. */
export function splitsItems(offset: number, length: number, size: number): boolean {
  if (sectorSize % size === 0 && offset % size === 0) return false;
  const end = offset + length;
  for (let edge = (Math.floor(offset / sectorSize) + 1) * sectorSize; edge < end; edge += sectorSize) {
    if ((edge - offset) % size !== 0) return true;
  }
  return false;
}
