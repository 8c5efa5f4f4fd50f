import { corrupt } from "../../../errors.js";
import { copyLiterals, copyMatch } from "../copy.js";
import { BackwardBits } from "./backward-bits.js";
import type { FseTable } from "./fse.js";
import { buildFseTable, readFseTable, singleSymbolTable } from "./fse.js";

/** Baselines and extra bits of the length codes (RFC 8878, section 3.1.1.3.2.1.1). */
const LITERAL_BITS = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const MATCH_BITS = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);

/** Where codes follow one another without gaps, each baseline is the last one and what its extra bits can say. */
function baselines(bits: Uint8Array, first: number): Uint32Array {
  const values = new Uint32Array(bits.length);
  let value = first;
  for (let code = 0; code < bits.length; code++) {
    values[code] = value;
    value += 2 ** bits[code];
  }
  return values;
}

const LITERAL_BASELINES = baselines(LITERAL_BITS, 0);
const MATCH_BASELINES = baselines(MATCH_BITS, 3);

/** The default distributions (section 3.1.1.3.2.2). */
const DEFAULT_LITERALS = [
  ...[4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1],
  ...[-1, -1, -1, -1],
];
const DEFAULT_MATCHES = [
  ...[1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1],
];
const DEFAULT_OFFSETS = [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];

interface CodeKind {
  readonly largestLog: number;
  readonly symbolCount: number;
  readonly standard: FseTable;
}

const LITERAL_CODES: CodeKind = { largestLog: 9, symbolCount: 36, standard: buildFseTable(DEFAULT_LITERALS, 6) };
const OFFSET_CODES: CodeKind = { largestLog: 8, symbolCount: 32, standard: buildFseTable(DEFAULT_OFFSETS, 5) };
const MATCH_CODES: CodeKind = { largestLog: 9, symbolCount: 53, standard: buildFseTable(DEFAULT_MATCHES, 6) };

/** What the blocks of one frame hand on to each other. */
export interface SequenceState {
  literalTable: FseTable | null;
  offsetTable: FseTable | null;
  matchTable: FseTable | null;
  /** The last three distances. */
  readonly distances: [number, number, number];
}

/** The state at the start of a frame. */
export function newSequenceState(): SequenceState {
  return { literalTable: null, offsetTable: null, matchTable: null, distances: [1, 4, 8] };
}

/** The table of one kind of codes, as its mode says, and where its description ends. */
function readTable(
  view: DataView,
  start: number,
  end: number,
  mode: number,
  kind: CodeKind,
  previous: FseTable | null,
): { table: FseTable; end: number } {
  if (mode === 0) return { table: kind.standard, end: start };
  if (mode === 2) return readFseTable(view, start, end, kind.largestLog, kind.symbolCount);
  if (mode === 3) {
    if (previous === null) throw corrupt("a Zstandard block repeats a table that was never there");
    return { table: previous, end: start };
  }
  if (start >= end) throw corrupt("Zstandard sequences are truncated");
  const symbol = view.getUint8(start);
  if (symbol >= kind.symbolCount) throw corrupt(`a Zstandard table has the symbol ${symbol}`);
  return { table: singleSymbolTable(symbol), end: start + 1 };
}

/**
 * Reads a sequences section in `[start, end)` and carries it out: literals and matches, written from `at` on. Matches
 * reach back to `frameStart`. Answers the new position, or -1 where `output` is too small.
 */
export function executeSequences(
  view: DataView,
  start: number,
  end: number,
  state: SequenceState,
  literals: Uint8Array,
  literalLength: number,
  output: Uint8Array,
  at: number,
  frameStart: number,
): number {
  if (start >= end) throw corrupt("a Zstandard block has no sequences section");
  let from = start + 1;
  let count = view.getUint8(start);
  if (count >= 128) {
    if (count === 255) {
      count = view.getUint16(start + 1, true) + 0x7f00;
      from += 2;
    } else {
      count = ((count - 128) << 8) + view.getUint8(start + 1);
      from += 1;
    }
  }
  let to = at;
  let used = 0;
  if (count > 0) {
    if (from >= end) throw corrupt("Zstandard sequences are truncated");
    const modes = view.getUint8(from++);
    const literalTable = readTable(view, from, end, modes >> 6, LITERAL_CODES, state.literalTable);
    const offsetTable = readTable(view, literalTable.end, end, (modes >> 4) & 3, OFFSET_CODES, state.offsetTable);
    const matchTable = readTable(view, offsetTable.end, end, (modes >> 2) & 3, MATCH_CODES, state.matchTable);
    state.literalTable = literalTable.table;
    state.offsetTable = offsetTable.table;
    state.matchTable = matchTable.table;
    const { symbols: literalSymbols, bits: literalBits, baselines: literalNext } = literalTable.table;
    const { symbols: offsetSymbols, bits: offsetBits, baselines: offsetNext } = offsetTable.table;
    const { symbols: matchSymbols, bits: matchBits, baselines: matchNext } = matchTable.table;
    const bits = new BackwardBits(view, matchTable.end, end);
    let literalState = bits.read(literalTable.table.accuracyLog);
    let offsetState = bits.read(offsetTable.table.accuracyLog);
    let matchState = bits.read(matchTable.table.accuracyLog);
    let [first, second, third] = state.distances;
    for (let index = 0; index < count; index++) {
      const offsetCode = offsetSymbols[offsetState];
      const matchCode = matchSymbols[matchState];
      const literalCode = literalSymbols[literalState];
      let offset = (1 << offsetCode) >>> 0;
      if (offsetCode > 24) offset += bits.read(offsetCode - 16) * 65536 + bits.read(16);
      else offset += bits.read(offsetCode);
      const match = MATCH_BASELINES[matchCode] + bits.read(MATCH_BITS[matchCode]);
      const run = LITERAL_BASELINES[literalCode] + bits.read(LITERAL_BITS[literalCode]);
      if (index + 1 < count) {
        const matchCount = matchBits[matchState];
        const both = bits.read(literalBits[literalState] + matchCount);
        literalState = literalNext[literalState] + (both >>> matchCount);
        matchState = matchNext[matchState] + (both & ((1 << matchCount) - 1));
        offsetState = offsetNext[offsetState] + bits.read(offsetBits[offsetState]);
      }
      if (bits.remaining < 0) throw corrupt("Zstandard sequences are truncated");
      let distance: number;
      if (offset > 3) {
        distance = offset - 3;
        third = second;
        second = first;
        first = distance;
      } else {
        // One of the last distances; without literals, the numbers count from the second.
        const repeat = run === 0 ? offset + 1 : offset;
        if (repeat === 1) distance = first;
        else {
          distance = repeat === 2 ? second : repeat === 3 ? third : first - 1;
          if (repeat !== 2) third = second;
          second = first;
          first = distance;
        }
      }
      if (used + run > literalLength) throw corrupt("Zstandard sequences use more literals than there are");
      if (to + run + match > output.length) return -1;
      copyLiterals(literals, used, output, to, run);
      used += run;
      to += run;
      if (distance <= 0 || distance > to - frameStart) throw corrupt("a Zstandard match points before the frame");
      copyMatch(output, to, distance, match);
      to += match;
    }
    if (bits.remaining !== 0) throw corrupt("Zstandard sequences have bits left over");
    state.distances[0] = first;
    state.distances[1] = second;
    state.distances[2] = third;
  } else if (from !== end) throw corrupt("a Zstandard block has bytes after its sequences");
  const rest = literalLength - used;
  if (to + rest > output.length) return -1;
  copyLiterals(literals, used, output, to, rest);
  return to + rest;
}
