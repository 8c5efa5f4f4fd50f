/** Seeded random numbers: the same seed gives the same mutations everywhere. */

/** A generator of numbers in [0, 1) (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number in [0, limit). */
export function below(random, limit) {
  return Math.floor(random() * limit);
}

/** One of `items`. */
export function pick(random, items) {
  return items[below(random, items.length)];
}
