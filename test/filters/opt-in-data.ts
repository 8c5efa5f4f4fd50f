/** Data that the chunks of opt-in-chunks.json hold, made the same way wherever they are compressed. */

const vocabulary = "the quick brown fox jumps over a lazy dog while HDF5 files grow".split(" ");

/** The next state of a linear congruential generator with 31 bits. */
function nextState(state: number): number {
  return (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
}

function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = nextState(state);
    return state >> 16;
  });
}

/** Little-endian 32-bit squares, shifted. */
function ramp(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.floor((index >> 2) ** 2 / 2 ** (5 + 8 * (index & 3))));
}

function words(length: number): Uint8Array {
  let state = 7;
  let text = "";
  while (text.length < length) {
    state = nextState(state);
    text += `${vocabulary[(state >> 16) % vocabulary.length]} `;
  }
  return new TextEncoder().encode(text.slice(0, length));
}

function loop(length: number): Uint8Array {
  const text = words(3000);
  return Uint8Array.from({ length }, (_, index) => text[index % text.length]);
}

function mixed(length: number): Uint8Array {
  const quarter = Math.floor(length / 4);
  const output = new Uint8Array(length);
  output.set(ramp(quarter));
  output.set(noise(quarter), quarter);
  output.set(words(quarter), 2 * quarter);
  return output;
}

const makers = { noise, ramp, words, loop, mixed, zeros: (length: number) => new Uint8Array(length) };

export type DataKind = keyof typeof makers;

/** `length` bytes of a kind. */
export function makeData(kind: DataKind, length: number): Uint8Array {
  return makers[kind](length);
}
