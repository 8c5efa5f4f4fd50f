import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lookup3 } from "../../src/format/structures/checksum.js";
import { keepChecksum } from "../../src/format/structures/kept-checksum.js";
import type { NewMessage, ObjectHeader } from "../../src/format/structures/object-header.js";
import {
  decodeObjectHeader,
  encodeContinuationBlockV1,
  encodeContinuationBlockV2,
  encodeObjectHeaderV1,
  encodeObjectHeaderV2,
} from "../../src/format/structures/object-header.js";
import {
  bridgeSteps,
  continuedAfter,
  keptStarts,
  planBridge,
  withStoredChecksum,
} from "../../src/format/structures/object-header-move.js";
import { bareContext } from "./support.js";

const message: fc.Arbitrary<NewMessage> = fc.record({
  type: fc.constantFrom(1, 3, 5, 6, 8, 12, 17),
  flags: fc.constantFrom(0, 1, 4),
  creationOrder: fc.integer({ min: 0, max: 65535 }),
  data: fc.uint8Array({ maxLength: 60 }),
});

/** A header somewhere in a file, and messages that it is to have: some of the stored ones, changed ones, and others. */
const situation = fc
  .record({
    version: fc.constantFrom(1 as const, 2 as const),
    stored: fc.array(message, { minLength: 1, maxLength: 6 }),
    slack: fc.integer({ min: 0, max: 400 }),
    tracks: fc.boolean(),
    address: fc.integer({ min: 0, max: 127 }).map((place) => 8 * place),
    fates: fc.array(fc.constantFrom("stays", "changes", "goes"), { minLength: 6, maxLength: 6 }),
    others: fc.array(message, { maxLength: 3 }),
  })
  .map(({ version, tracks, ...rest }) => ({ version, tracks: version === 2 && tracks, ...rest }));

type Situation = typeof situation extends fc.Arbitrary<infer Item> ? Item : never;

const blockAddress = 4096;
const displacedAddress = 8192;

/** Data as they are stored. */
function padded(data: Uint8Array, version: 1 | 2): number[] {
  const size = version === 1 ? Math.ceil(data.length / 8) * 8 : data.length;
  return [...data, ...new Array<number>(size - data.length).fill(0)];
}

/** What messages say, in an order that does not depend on where they are stored. */
function contents(messages: readonly NewMessage[], version: 1 | 2): string[] {
  return messages.map(({ type, flags, data }) => JSON.stringify([type, flags, padded(data, version)])).sort();
}

function encodeBlock(header: ObjectHeader, messages: readonly NewMessage[]): Uint8Array {
  return header.version === 1
    ? encodeContinuationBlockV1(messages)
    : encodeContinuationBlockV2(messages, header.tracksAttributeOrder);
}

function prepare({ version, stored, slack, tracks, address, fates, others }: Situation): {
  readonly file: Uint8Array;
  readonly header: ObjectHeader;
  readonly next: readonly NewMessage[];
} {
  const bytes =
    version === 1
      ? encodeObjectHeaderV1(stored, 1, slack)
      : encodeObjectHeaderV2({ messages: stored, tracksAttributeOrder: tracks }, { slack });
  const file = new Uint8Array(16_384);
  file.set(bytes, address);
  const header = decodeObjectHeader(bareContext(file), address);
  const next: NewMessage[] = header.messages.flatMap((old, index): NewMessage[] => {
    if (fates[index] === "goes") return [];
    return fates[index] === "stays" ? [old] : [{ ...old, data: old.data.map((byte) => byte ^ 0x55) }];
  });
  return { file, header, next: [...next, ...others] };
}

function withChunk0(file: Uint8Array, header: ObjectHeader, chunk: Uint8Array): Uint8Array {
  const copy = file.slice();
  copy.set(chunk, header.address);
  return copy;
}

describe("messages that leave chunk 0", () => {
  it("go to a block, from any message of chunk 0 on", () => {
    let used = 0;
    fc.assert(
      fc.property(situation, (given) => {
        const { file, header, next } = prepare(given);
        const context = bareContext(file);
        for (const start of keptStarts(header, context, next)) {
          const moved = next.filter((candidate) => !start.kept.has(candidate));
          const block = encodeBlock(header, moved);
          const place = { address: blockAddress, length: block.length };
          const changed = continuedAfter(header, context, start, place, moved.length);
          if (changed === null) break;
          const after = withChunk0(file, header, changed);
          after.set(block, blockAddress);
          const decoded = decodeObjectHeader(bareContext(after), header.address);
          expect(contents(decoded.messages, header.version)).toEqual(contents(next, header.version));
          if (start.replaced.length === 0)
            expect(changed.subarray(0, start.end).subarray(4)).toEqual(
              file.slice(header.address + 4, header.address + start.end),
            );
          const same = withStoredChecksum(header, context, changed);
          if (same === null) continue;
          used++;
          expect(same.subarray(-4)).toEqual(file.slice(header.address, header.address + same.length).subarray(-4));
          const kept = withChunk0(after, header, same);
          const decodedKept = decodeObjectHeader(bareContext(kept), header.address);
          expect(contents(decodedKept.messages, header.version)).toEqual(contents(next, header.version));
        }
      }),
    );
    expect(used).toBeGreaterThan(10);
  });

  it("go by two changes, of which the first changes nothing", () => {
    let used = 0;
    fc.assert(
      fc.property(situation, (given) => {
        const { file, header, next } = prepare(given);
        const context = bareContext(file);
        const bridge = planBridge(header, context);
        if (bridge === null) return;
        used++;
        const block = encodeBlock(header, next);
        const displaced = encodeBlock(header, bridge.displaced);
        const { first, second } = bridgeSteps(
          header,
          context,
          bridge,
          bridge.displaced.length === 0 ? null : { address: displacedAddress, length: displaced.length },
          { address: blockAddress, length: block.length },
          next.length,
        );
        const blocks = file.slice();
        blocks.set(block, blockAddress);
        blocks.set(displaced, displacedAddress);
        const between = decodeObjectHeader(bareContext(withChunk0(blocks, header, first)), header.address);
        expect(contents(between.messages, header.version)).toEqual(contents(header.messages, header.version));
        const after = decodeObjectHeader(bareContext(withChunk0(blocks, header, second)), header.address);
        expect(contents(after.messages, header.version)).toEqual(contents(next, header.version));
        // What one sector has changes in the first, what another has in the second.
        const changes = (a: Uint8Array, b: Uint8Array): Set<number> =>
          new Set([...a.keys()].filter((at) => a[at] !== b[at]).map((at) => Math.floor((header.address + at) / 512)));
        const stored = file.subarray(header.address, header.address + first.length);
        expect(changes(stored, first).size).toBeLessThanOrEqual(1);
      }),
    );
    expect(used).toBeGreaterThan(10);
  });
});

describe("a checksum that is kept", () => {
  it("holds after any change that free bytes follow", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 40, maxLength: 300 }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.nat(),
        (stored, change, place) => {
          const changed = stored.slice();
          const at = place % (stored.length - change.length + 1);
          changed.set(change.subarray(0, stored.length - at), at);
          const from = at + change.length;
          const before = changed.slice();
          const isKept = keepChecksum(stored, changed, [{ from, to: stored.length }]);
          // Two blocks are enough for one that begins anywhere, with another one after it.
          if (stored.length - from > 24) expect(isKept).toBe(true);
          if (isKept) expect(lookup3(changed)).toBe(lookup3(stored));
          expect(changed.subarray(0, from)).toEqual(before.subarray(0, from));
        },
      ),
    );
  });

  it("is given up where nothing is free", () => {
    const stored = new Uint8Array(100);
    const changed = stored.slice().fill(1, 0, 50);
    expect(keepChecksum(stored, changed, [{ from: 50, to: 60 }])).toBe(false);
    expect(keepChecksum(stored, changed, [])).toBe(false);
  });
});
