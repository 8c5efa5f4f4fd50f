function rotate(value: number, count: number): number {
  return (value << count) | (value >>> (32 - count));
}

/** The state of {@link lookup3} after the bytes before `end`, which is a multiple of 12. */
export function lookup3State(bytes: Uint8Array, end: number, initial = 0): [number, number, number] {
  let a = (0xdeadbeef + bytes.length + initial) | 0;
  let b = a;
  let c = a;
  for (let at = 0; at < end; at += 12) {
    a = (a + (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24))) | 0;
    b = (b + (bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24))) | 0;
    c = (c + (bytes[at + 8] | (bytes[at + 9] << 8) | (bytes[at + 10] << 16) | (bytes[at + 11] << 24))) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  return [a, b, c];
}

/**
 * Bob Jenkins's lookup3 hash (`hashlittle`) of `bytes` with initial value 0, as an unsigned 32-bit integer: the
 * checksum of every version 2 structure.
 *
 * Specification: "Jenkins' lookup3 checksum"; algorithm: Bob Jenkins, lookup3.c, May 2006, public domain.
 */
export function lookup3(bytes: Uint8Array, initial = 0): number {
  // The last block, whole or not, is mixed otherwise.
  const at = Math.max(0, Math.ceil(bytes.length / 12) - 1) * 12;
  const remaining = bytes.length - at;
  let [a, b, c] = lookup3State(bytes, at, initial);
  if (remaining === 0) return c >>> 0;
  const tail = (index: number): number => (index < remaining ? bytes[at + index] : 0);
  a = (a + (tail(0) | (tail(1) << 8) | (tail(2) << 16) | (tail(3) << 24))) | 0;
  b = (b + (tail(4) | (tail(5) << 8) | (tail(6) << 16) | (tail(7) << 24))) | 0;
  c = (c + (tail(8) | (tail(9) << 8) | (tail(10) << 16) | (tail(11) << 24))) | 0;
  c = (c ^ b) - rotate(b, 14);
  a = (a ^ c) - rotate(c, 11);
  b = (b ^ a) - rotate(a, 25);
  c = (c ^ b) - rotate(b, 16);
  a = (a ^ c) - rotate(c, 4);
  b = (b ^ a) - rotate(a, 14);
  c = (c ^ b) - rotate(b, 24);
  return c >>> 0;
}
