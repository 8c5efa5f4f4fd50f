/**
 * Repairs the checksums of version 2 structures after a mutation: without that a decoder sees no more of them than a
 * wrong checksum.
 */

const signatures = new Set(
  ["OHDR", "OCHK", "FRHP", "FHIB", "FHDB", "BTHD", "BTIN", "BTLF", "EAHD", "EAIB", "EASB", "EADB"]
    .concat(["FAHD", "FADB", "SMTB", "SMLI", "FSHD", "FSSE"])
    .map(codeOf),
);
const directBlock = codeOf("FHDB");
const superblock = codeOf("\x89HDF");
const longestStructure = 64 * 1024;

function codeOf(name) {
  return name.charCodeAt(0) | (name.charCodeAt(1) << 8) | (name.charCodeAt(2) << 16) | (name.charCodeAt(3) << 24);
}

function codeAt(bytes, at) {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

const rotate = (value, by) => (value << by) | (value >>> (32 - by));

/** Bob Jenkins' lookup3 of `bytes[from..to)` (specification: "Checksum"). */
export function lookup3(bytes, from, to) {
  let length = to - from;
  let a = (0xdeadbeef + length) | 0;
  let b = a;
  let c = a;
  let at = from;
  for (; length > 12; length -= 12, at += 12) {
    a = (a + codeAt(bytes, at)) | 0;
    b = (b + codeAt(bytes, at + 4)) | 0;
    c = (c + codeAt(bytes, at + 8)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (length === 0) return c >>> 0;
  const tail = new Uint8Array(12);
  tail.set(bytes.subarray(at, to));
  a = (a + codeAt(tail, 0)) | 0;
  b = (b + codeAt(tail, 4)) | 0;
  c = (c + codeAt(tail, 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

/**
 * Where the checksummed structures of a valid file are: `{ start, end, at }`, with the checksum of `[start, end)` at
 * `at`; where that is within, it counts as zero.
 *
 * A structure begins at its signature. Where it ends depends on sizes that it may not tell itself: it is found by
 * looking for the checksum.
 */
export function checksummed(bytes) {
  const found = [];
  for (let start = 0; start + 8 <= bytes.length; start++) {
    const code = codeAt(bytes, start);
    const isSuperblock = code === superblock && bytes[start + 8] >= 2;
    if (!signatures.has(code) && !isSuperblock) continue;
    const structure = code === directBlock ? findDirectBlock(bytes, start) : findEnd(bytes, start);
    if (structure !== null) found.push(structure);
  }
  return found;
}

function findEnd(bytes, start) {
  const last = Math.min(bytes.length - 4, start + longestStructure);
  let budget = 32 * 1024 * 1024;
  for (let end = start + 6; end <= last; end++) {
    const stored = codeAt(bytes, end) >>> 0;
    if (stored === 0) continue;
    budget -= end - start;
    if (budget < 0) return null;
    if (lookup3(bytes, start, end) === stored) return { start, end, at: end };
  }
  return null;
}

/** Direct blocks of fractal heaps have their checksum after the heap's address and the block's offset. */
function findDirectBlock(bytes, start) {
  for (let size = 64; size <= longestStructure && start + size <= bytes.length; size *= 2) {
    for (let at = start + 8; at <= start + 21; at++) {
      const stored = codeAt(bytes, at) >>> 0;
      if (stored !== 0 && sumWithout(bytes, start, start + size, at) === stored)
        return { start, end: start + size, at };
    }
  }
  return null;
}

function sumWithout(bytes, start, end, at) {
  const copy = bytes.slice(start, end);
  copy.fill(0, at - start, at - start + 4);
  return lookup3(copy, 0, copy.length);
}

/** Makes the checksums of `structures` right again where a mutation changed what they cover. */
export function repairChecksums(bytes, structures) {
  for (const { start, end, at } of structures) {
    if (Math.max(end, at + 4) > bytes.length) continue;
    const sum = at < end ? sumWithout(bytes, start, end, at) : lookup3(bytes, start, end);
    bytes[at] = sum;
    bytes[at + 1] = sum >>> 8;
    bytes[at + 2] = sum >>> 16;
    bytes[at + 3] = sum >>> 24;
  }
}
