/**
 * Repairs the checksums of version 2 structures after a mutation: without that a decoder sees no more of them than a
 * wrong checksum.
 */

const signatures = new Map(
  ["OHDR", "OCHK", "FRHP", "FHIB", "FHDB", "BTHD", "BTIN", "BTLF", "EAHD", "EAIB", "EASB", "EADB"]
    .concat(["FAHD", "FADB", "SMTB", "SMLI", "FSHD", "FSSE"])
    .map((name) => [codeOf(name), name]),
);
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
 * Where the checksummed structures of a valid file are: `{ start, end, name }`, with the checksum at `end`.
 *
 * A structure begins at its signature and ends before the first four bytes that are the checksum of what precedes.
 */
export function checksummed(bytes) {
  const found = [];
  for (let start = 0; start + 8 <= bytes.length; start++) {
    const code = codeAt(bytes, start);
    let name = signatures.get(code);
    if (code === superblock && bytes[start + 8] >= 2) name = "superblock";
    if (name === undefined) continue;
    const end = checksumPosition(bytes, start);
    if (end !== null) found.push({ start, end, name });
  }
  return found;
}

/** The checksum is searched step by step: its position depends on sizes that the structure's own header may not tell. */
function checksumPosition(bytes, start) {
  const last = Math.min(bytes.length - 4, start + longestStructure);
  let budget = 4 * 1024 * 1024;
  for (let end = start + 6; end <= last; end++) {
    budget -= end - start;
    if (budget < 0) return null;
    const stored = codeAt(bytes, end) >>> 0;
    if (stored !== 0 && lookup3(bytes, start, end) === stored) return end;
  }
  return null;
}

/** Makes the checksums of `structures` right again where the mutation changed what they cover. */
export function repairChecksums(bytes, structures) {
  for (const { start, end } of structures) {
    if (end + 4 > bytes.length) continue;
    const sum = lookup3(bytes, start, end);
    bytes[end] = sum;
    bytes[end + 1] = sum >>> 8;
    bytes[end + 2] = sum >>> 16;
    bytes[end + 3] = sum >>> 24;
  }
}
