/** Seeded damage to files, mostly to their metadata. */

import { checksummed, repairChecksums } from "./checksums.mjs";
import { below, pick, randomFrom } from "./random.mjs";

const names = ["TREE", "HEAP", "SNOD", "GCOL", "OHDR", "OCHK", "FRHP", "FHIB", "FHDB", "BTHD", "BTIN", "BTLF"].concat([
  "EAHD",
  "EAIB",
  "EASB",
  "EADB",
  "FAHD",
  "FADB",
  "SMTB",
  "SMLI",
]);
const interesting = [0, 1, 2, 3, 7, 8, 16, 64, 127, 128, 255, 256, 4096, 32767, 32768, 65535, 65536].concat([
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 40,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
]);

/** What a file offers to mutations: where its metadata are. */
export function anatomy(bytes) {
  const spots = [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const name of names) {
    for (let at = text.indexOf(name, 0, "latin1"); at >= 0; at = text.indexOf(name, at + 4, "latin1")) spots.push(at);
  }
  // Version 1 object headers have no signature: version, reserved, a small count of messages and of references.
  for (let at = 0; at + 16 <= bytes.length; at += 8) {
    const isHeader = bytes[at] === 1 && bytes[at + 1] === 0 && bytes[at + 3] === 0 && bytes[at + 2] > 0;
    if (isHeader && bytes[at + 4] > 0 && bytes[at + 5] === 0 && bytes[at + 6] === 0 && bytes[at + 7] === 0)
      spots.push(at);
  }
  return { spots, structures: checksummed(bytes) };
}

function place(random, bytes, { spots, structures }) {
  const kind = random();
  let at;
  if (kind < 0.15) at = below(random, Math.min(bytes.length, 96));
  else if (kind < 0.3) at = below(random, Math.min(bytes.length, 4096));
  else if (kind < 0.9 && spots.length + structures.length > 0) {
    if (structures.length > 0 && (spots.length === 0 || random() < 0.5)) {
      const { start, end } = pick(random, structures);
      at = start + below(random, end - start + 4);
    } else at = pick(random, spots) + below(random, pick(random, [16, 64, 256]));
  } else at = below(random, bytes.length);
  return Math.min(at, bytes.length - 1);
}

function putNumber(bytes, at, width, value, bigEndian) {
  let rest = BigInt(value);
  for (let index = 0; index < width && at + index < bytes.length; index++) {
    bytes[bigEndian ? at + width - 1 - index : at + index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** Each answers the damaged bytes, which may be the ones it was given. */
const mutations = [
  (random, bytes, parts) => {
    bytes[place(random, bytes, parts)] ^= 1 << below(random, 8);
    return bytes;
  },
  (random, bytes, parts) => {
    bytes[place(random, bytes, parts)] = below(random, 256);
    return bytes;
  },
  (random, bytes, parts) => {
    bytes[place(random, bytes, parts)] += pick(random, [1, 255, 8, 248, 16]);
    return bytes;
  },
  (random, bytes, parts) => {
    putNumber(
      bytes,
      place(random, bytes, parts),
      pick(random, [1, 2, 4, 8]),
      pick(random, interesting),
      random() < 0.05,
    );
    return bytes;
  },
  // An address or length that means something: where a structure is, or about as long as the file.
  (random, bytes, parts) => {
    const target =
      parts.spots.length > 0 && random() < 0.8
        ? pick(random, parts.spots)
        : Math.max(0, bytes.length - below(random, 64));
    const at = place(random, bytes, parts);
    putNumber(bytes, random() < 0.7 ? at & ~7 : at, pick(random, [4, 8]), target, false);
    return bytes;
  },
  (random, bytes, parts) => {
    const length = Math.min(1 + below(random, pick(random, [8, 64, 512])), bytes.length);
    const from = Math.min(place(random, bytes, parts), bytes.length - length);
    bytes.copyWithin(Math.min(place(random, bytes, parts), bytes.length - length), from, from + length);
    return bytes;
  },
  (random, bytes, parts) => {
    const at = place(random, bytes, parts);
    bytes.fill(pick(random, [0, 1, 0xff]), at, at + pick(random, [2, 4, 8, 16, 64]));
    return bytes;
  },
];

/** How often each of {@link mutations} is used. */
const weights = [3, 3, 2, 3, 3, 1, 1];
const wheel = weights.flatMap((weight, index) => new Array(weight).fill(index));

/** A damaged copy of `original`; the same for the same seed. */
export function mutate(original, parts, seed) {
  const random = randomFrom(seed);
  let bytes = original.slice();
  const rounds = pick(random, [1, 1, 1, 2, 2, 3, 5, 12]);
  for (let round = 0; round < rounds; round++) bytes = mutations[pick(random, wheel)](random, bytes, parts);
  if (random() < 0.75) repairChecksums(bytes, parts.structures);
  const end = random();
  if (end < 0.04) return bytes.slice(0, 1 + below(random, bytes.length));
  if (end < 0.08) {
    const longer = new Uint8Array(bytes.length + 1 + below(random, 4096));
    longer.set(bytes);
    return longer;
  }
  return bytes;
}
