/** h5canon/1 section 6: selections of region references, from the bytes of the HDF5 specification's VIII.A. */

const maxPoints = 4096n;

/** A selection that cannot be decoded. */
export class BadSelection extends Error {}

class Reader {
  constructor(bytes) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = 0;
  }

  #advance(length) {
    if (this.offset + length > this.view.byteLength) throw new BadSelection("truncated");
    this.offset += length;
    return this.offset - length;
  }

  skip(length) {
    this.#advance(length);
  }

  u8() {
    return this.view.getUint8(this.#advance(1));
  }

  u32() {
    return this.view.getUint32(this.#advance(4), true);
  }

  /** An unsigned number of `width` bytes; all ones become the unlimited 2^64 - 1. */
  coordinate(width) {
    if (width === 2) return widen(BigInt(this.view.getUint16(this.#advance(2), true)), 2);
    if (width === 4) return widen(BigInt(this.u32()), 4);
    if (width === 8) return this.view.getBigUint64(this.#advance(8), true);
    throw new BadSelection(`coordinates of ${width} bytes`);
  }

  coordinates(count, width) {
    if (count * width > this.view.byteLength - this.offset) throw new BadSelection("truncated");
    return Array.from({ length: count }, () => this.coordinate(width));
  }
}

const unlimited = 2n ** 64n - 1n;

function widen(value, width) {
  return value === 2n ** BigInt(8 * width) - 1n ? unlimited : value;
}

/** Appends the canonical encoding of a stored selection to `sink`. */
export function encodeSelection(bytes, sink) {
  const reader = new Reader(bytes);
  const type = reader.u32();
  const version = reader.u32();
  switch (type) {
    case 0:
    case 3:
      sink.byte(type);
      return;
    case 1:
      return encodePoints(reader, version, sink);
    case 2:
      return encodeHyperslab(reader, version, sink);
    default:
      throw new BadSelection(`type ${type}`);
  }
}

function encodePoints(reader, version, sink) {
  let width = 4;
  if (version === 1) reader.skip(8);
  else if (version === 2) width = reader.u8();
  else throw new BadSelection(`version ${version}`);
  const rank = reader.u32();
  const count = reader.coordinate(width);
  const points = reader.coordinates(rank * Number(count), width);
  head(sink, 1, rank, count);
  if (count <= maxPoints) {
    for (const coordinate of points) sink.u64(coordinate);
    return;
  }
  const low = points.slice(0, rank);
  const high = points.slice(0, rank);
  for (let index = 0; index < points.length; index++) {
    const axis = index % rank;
    if (points[index] < low[axis]) low[axis] = points[index];
    if (points[index] > high[axis]) high[axis] = points[index];
  }
  for (const coordinate of [...low, ...high]) sink.u64(coordinate);
}

function encodeHyperslab(reader, version, sink) {
  let width = 4;
  let regular = false;
  if (version === 1) {
    reader.skip(8);
  } else if (version === 2) {
    regular = (reader.u8() & 1) === 1;
    reader.skip(4);
    width = 8;
  } else if (version === 3) {
    regular = (reader.u8() & 1) === 1;
    width = reader.u8();
  } else {
    throw new BadSelection(`version ${version}`);
  }
  const rank = reader.u32();
  if (rank === 0 || rank > 32) throw new BadSelection(`rank ${rank}`);
  const blocks = regular ? regularBlocks(reader, rank, width, sink) : listedBlocks(reader, rank, width);
  if (blocks !== null) encodeBlocks(blocks, rank, sink);
}

/** Blocks as `[low, high]` corners; a lazy product description for regular ones. */
function listedBlocks(reader, rank, width) {
  const count = Number(reader.coordinate(width));
  const numbers = reader.coordinates(count * 2 * rank, width);
  return Array.from({ length: count }, (_, index) => {
    const start = index * 2 * rank;
    return [numbers.slice(start, start + rank), numbers.slice(start + rank, start + 2 * rank)];
  });
}

/** Blocks of a regular hyperslab, or `null` when it was encoded here: unlimited, or of too many points to list. */
function regularBlocks(reader, rank, width, sink) {
  const axes = Array.from({ length: rank }, () => {
    const [start, stride, count, block] = reader.coordinates(4, width);
    return { start, stride, count, block };
  });
  if (axes.some(({ count, block }) => count === unlimited || block === unlimited)) {
    sink.byte(4);
    sink.u32(rank);
    for (const key of ["start", "stride", "count", "block"]) for (const axis of axes) sink.u64(axis[key]);
    return null;
  }
  const points = axes.reduce((product, { count, block }) => product * count * block, 1n);
  if (points > maxPoints) {
    head(sink, 2, rank, points);
    for (const { start } of axes) sink.u64(start);
    for (const { start, stride, count, block } of axes) sink.u64(start + (count - 1n) * stride + block - 1n);
    return null;
  }
  let blocks = [[[], []]];
  for (const { start, stride, count, block } of axes) {
    const next = [];
    for (const [low, high] of blocks) {
      for (let index = 0n; index < count; index++) {
        const first = start + index * stride;
        next.push([
          [...low, first],
          [...high, first + block - 1n],
        ]);
      }
    }
    blocks = next;
  }
  return blocks;
}

function encodeBlocks(blocks, rank, sink) {
  const volume = ([low, high]) => low.reduce((product, first, axis) => product * (high[axis] - first + 1n), 1n);
  const total = blocks.reduce((sum, block) => sum + volume(block), 0n);
  if (total > 8n * maxPoints) {
    // The blocks of a stored selection do not overlap: their volumes add up to its points.
    return encodeBounds(blocks, rank, total, sink);
  }
  const points = new Map();
  for (const [low, high] of blocks) {
    let partial = [[]];
    for (let axis = 0; axis < rank; axis++) {
      const next = [];
      for (const prefix of partial) for (let x = low[axis]; x <= high[axis]; x++) next.push([...prefix, x]);
      partial = next;
    }
    for (const point of partial) points.set(point.join(), point);
  }
  if (BigInt(points.size) > maxPoints) return encodeBounds(blocks, rank, BigInt(points.size), sink);
  const sorted = [...points.values()].sort((a, b) => {
    for (let axis = 0; axis < rank; axis++) if (a[axis] !== b[axis]) return a[axis] < b[axis] ? -1 : 1;
    return 0;
  });
  head(sink, 2, rank, BigInt(sorted.length));
  for (const point of sorted) for (const coordinate of point) sink.u64(coordinate);
}

function encodeBounds(blocks, rank, points, sink) {
  head(sink, 2, rank, points);
  for (const corner of [0, 1]) {
    for (let axis = 0; axis < rank; axis++) {
      const values = blocks.map((block) => block[corner][axis]);
      sink.u64(values.reduce((a, b) => ((corner === 0 ? b < a : b > a) ? b : a)));
    }
  }
}

function head(sink, type, rank, points) {
  sink.byte(type);
  sink.u32(rank);
  sink.u64(points);
}
