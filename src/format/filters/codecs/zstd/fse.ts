import { corrupt } from "../../../errors.js";

/** A decoding table of finite state entropy coding (RFC 8878, section 4.1). */
export interface FseTable {
  /** Bits of a state. */
  readonly accuracyLog: number;
  /** Per state: the symbol, the bits to read for the next state, and what to add to them. */
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly baselines: Uint16Array;
}

/** Builds the table for a distribution, in which -1 stands for a probability below one state. */
export function buildFseTable(distribution: ArrayLike<number>, accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const baselines = new Uint16Array(size);
  const next = new Uint16Array(distribution.length);
  let high = size - 1;
  for (let symbol = 0; symbol < distribution.length; symbol++) {
    if (distribution[symbol] === -1) {
      symbols[high--] = symbol;
      next[symbol] = 1;
    } else next[symbol] = distribution[symbol];
  }
  const step = (size >> 1) + (size >> 3) + 3;
  const mask = size - 1;
  let position = 0;
  for (let symbol = 0; symbol < distribution.length; symbol++) {
    for (let index = 0; index < distribution[symbol]; index++) {
      symbols[position] = symbol;
      do position = (position + step) & mask;
      while (position > high);
    }
  }
  for (let state = 0; state < size; state++) {
    const reached = next[symbols[state]]++;
    const count = accuracyLog - (31 - Math.clz32(reached));
    bits[state] = count;
    baselines[state] = (reached << count) - size;
  }
  return { accuracyLog, symbols, bits, baselines };
}

/** A table of one state, which always means `symbol`. */
export function singleSymbolTable(symbol: number): FseTable {
  return {
    accuracyLog: 0,
    symbols: Uint8Array.of(symbol),
    bits: new Uint8Array(1),
    baselines: new Uint16Array(1),
  };
}

/** Reads a table description at `start`; answers the table and where the description ends. */
export function readFseTable(
  view: DataView,
  start: number,
  end: number,
  largestLog: number,
  symbolCount: number,
): { table: FseTable; end: number } {
  const accuracyLog = (start < end ? view.getUint8(start) & 15 : 0) + 5;
  if (start >= end || accuracyLog > largestLog) throw corrupt("a Zstandard table description is damaged");
  const distribution: number[] = [];
  let at = start * 8 + 4;
  const peek = (count: number): number => {
    if (at > end * 8) throw corrupt("a Zstandard table description is truncated");
    return (view.getUint32(at >>> 3, true) >>> (at & 7)) & ((1 << count) - 1);
  };
  let left = 1 << accuracyLog;
  while (left > 0) {
    if (distribution.length >= symbolCount) throw corrupt("a Zstandard table description has too many symbols");
    const width = 32 - Math.clz32(left + 1);
    // Values below this one are stored in one bit less.
    const short = (1 << width) - 1 - (left + 1);
    let value = peek(width);
    const low = value & ((1 << (width - 1)) - 1);
    if (low < short) {
      value = low;
      at += width - 1;
    } else {
      if (value >= 1 << (width - 1)) value -= short;
      at += width;
    }
    const probability = value - 1;
    left -= Math.abs(probability);
    distribution.push(probability);
    if (probability !== 0) continue;
    for (let repeat = 3; repeat === 3; ) {
      repeat = peek(2);
      at += 2;
      for (let index = 0; index < repeat; index++) distribution.push(0);
    }
  }
  const stop = (at + 7) >>> 3;
  if (left < 0 || stop > end || distribution.length > symbolCount) {
    throw corrupt("a Zstandard table description is damaged");
  }
  return { table: buildFseTable(distribution, accuracyLog), end: stop };
}
