import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HDF5Error, UnsupportedFeatureError } from "../../src/format/errors.js";
import type { FileContext } from "../../src/format/structures/context.js";
import type { NewMessage, ObjectHeader } from "../../src/format/structures/object-header.js";
import {
  continuationMessage,
  decodeObjectHeader,
  encodeContinuationBlockV1,
  encodeContinuationBlockV2,
  encodeObjectHeaderV1,
  encodeObjectHeaderV2,
  messageHeaderSize,
  requireWritableHeader,
} from "../../src/format/structures/object-header.js";
import type { HeaderPatch } from "../../src/format/structures/object-header-edit.js";
import { replaceChunk0, shrinkToContinuation } from "../../src/format/structures/object-header-edit.js";
import { encodeSuperblock } from "../../src/format/structures/superblock.js";
import { buildSymbolTable, readSymbolTable } from "../../src/format/structures/symbol-table.js";
import { scalarDataset, symbolTableMessage } from "./objects.js";
import {
  bareContext,
  FileBuilder,
  h5dumpAccepts,
  hasH5py,
  openBytes,
  PagedStorage,
  python,
  readScratch,
  text,
  utf8,
  writeScratch,
} from "./support.js";

const messageArbitrary: fc.Arbitrary<NewMessage> = fc.record({
  type: fc.constantFrom(1, 3, 5, 6, 8, 12, 17),
  flags: fc.constantFrom(0, 1, 4),
  creationOrder: fc.integer({ min: 0, max: 65535 }),
  data: fc.uint8Array({ maxLength: 90 }),
});

function plain(header: ObjectHeader): { type: number; flags: number; data: number[] }[] {
  return header.messages.map(({ type, flags, data }) => ({ type, flags, data: [...data] }));
}

function expected(messages: readonly NewMessage[], version: 1 | 2): { type: number; flags: number; data: number[] }[] {
  return messages.map(({ type, flags, data }) => {
    const padded = version === 1 ? Math.ceil(data.length / 8) * 8 : data.length;
    return { type, flags, data: [...data, ...new Array<number>(padded - data.length).fill(0)] };
  });
}

function patched(bytes: Uint8Array, address: number, patch: HeaderPatch): Uint8Array {
  const copy = bytes.slice();
  copy.set(patch.bytes, address + patch.offset);
  return copy;
}

/** The number of messages that a version 1 header says it has. */
function storedCount(bytes: Uint8Array): number {
  return bytes[2] | (bytes[3] << 8);
}

function countMessages(context: FileContext, header: ObjectHeader): number {
  let count = 0;
  for (const chunk of header.chunks) {
    const bytes = context.storage.view(chunk.messagesAddress, chunk.messagesLength);
    for (let at = 0; at + 8 <= bytes.length; count++) at += 8 + (bytes[at + 2] | (bytes[at + 3] << 8));
  }
  return count;
}

describe("object header", () => {
  it("round-trips in version 2", () => {
    fc.assert(
      fc.property(
        fc.array(messageArbitrary, { maxLength: 12 }),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 0, max: 70 }),
        fc.constantFrom(undefined, 2 as const, 4 as const, 8 as const),
        (messages, tracks, withTimes, withPhases, slack, sizeWidth) => {
          fc.pre(messages.length > 0 || slack === 0 || slack >= 6);
          const times = withTimes ? { access: 1, modification: 2, change: 3, birth: 4_000_000_000 } : null;
          const attributePhaseChange = withPhases ? { maxCompact: 5, minDense: 3 } : null;
          const bytes = encodeObjectHeaderV2(
            { messages, times, attributePhaseChange, tracksAttributeOrder: tracks, indexesAttributeOrder: tracks },
            { slack, sizeWidth },
          );
          const header = decodeObjectHeader(bareContext(bytes), 0);
          expect(plain(header)).toEqual(expected(messages, 2));
          expect(header.times).toEqual(times);
          expect(header.attributePhaseChange).toEqual(attributePhaseChange ?? { maxCompact: 8, minDense: 6 });
          expect([header.tracksAttributeOrder, header.indexesAttributeOrder]).toEqual([tracks, tracks]);
          expect(header.chunks[0].length).toBe(bytes.length);
          for (const [index, message] of header.messages.entries()) {
            expect(message.creationOrder).toBe(tracks ? messages[index].creationOrder : null);
            expect(bytes.slice(message.offset, message.offset + message.data.length)).toEqual(message.data);
          }
        },
      ),
    );
  });

  it("round-trips in version 1", () => {
    fc.assert(
      fc.property(
        fc.array(messageArbitrary, { maxLength: 12 }),
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 1, max: 9 }),
        (messages, slack, referenceCount) => {
          const bytes = encodeObjectHeaderV1(messages, referenceCount, slack);
          const context = bareContext(bytes);
          const header = decodeObjectHeader(context, 0);
          expect(plain(header)).toEqual(expected(messages, 1));
          expect(header.referenceCount).toBe(referenceCount);
          expect(storedCount(bytes)).toBe(countMessages(context, header));
        },
      ),
    );
  });

  it("follows continuations over several blocks, one round trip for each step", () => {
    for (const version of [1, 2] as const) {
      const sizes = { offsetSize: 4, lengthSize: 4 };
      const message = (value: number): NewMessage => ({ type: 12, flags: 0, data: new Uint8Array(8).fill(value) });
      const block = (messages: NewMessage[]): Uint8Array =>
        version === 1 ? encodeContinuationBlockV1(messages, 24) : encodeContinuationBlockV2(messages, false, 3);
      const file = new Uint8Array(2000);
      const last = block([message(3)]);
      const second = block([message(1), continuationMessage(900, last.length, sizes)]);
      const third = block([message(2)]);
      const messages = [
        message(0),
        continuationMessage(500, second.length, sizes),
        continuationMessage(700, third.length, sizes),
      ];
      file.set(version === 1 ? encodeObjectHeaderV1(messages, 1) : encodeObjectHeaderV2({ messages }), 100);
      file.set(second, 500);
      file.set(third, 700);
      file.set(last, 900);
      const storage = new PagedStorage(file, 8);
      const context = { ...bareContext(file, sizes), storage };
      const header = storage.run(() => decodeObjectHeader(context, 100));
      expect(header.messages.map(({ data, chunk }) => [data[0], chunk])).toEqual([
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
      expect(header.chunks.map((chunk) => chunk.address)).toEqual([100, 500, 700, 900]);
      expect(storage.roundTrips).toBeLessThanOrEqual(6);
    }
  });

  it("stops at continuations that lead back", () => {
    const sizes = { offsetSize: 8, lengthSize: 8 };
    const messages = [continuationMessage(200, 24, sizes)];
    const file = new Uint8Array(400);
    file.set(encodeObjectHeaderV1(messages, 1));
    file.set(encodeContinuationBlockV1(messages), 200);
    expect(() => decodeObjectHeader(bareContext(file), 0)).toThrow(HDF5Error);
    const shifted = new Uint8Array(2000);
    shifted.set(encodeObjectHeaderV1([continuationMessage(200, 1000, sizes)], 1));
    for (let at = 200; at < 400; at += 24) {
      shifted.set(encodeContinuationBlockV1([continuationMessage(at + 24, 1000, sizes)]), at);
    }
    expect(() => decodeObjectHeader(bareContext(shifted), 0)).toThrow(HDF5Error);
  });

  it("honours the flags of unknown messages", () => {
    const header = (type: number, flags: number): ObjectHeader =>
      decodeObjectHeader(
        bareContext(encodeObjectHeaderV2({ messages: [{ type, flags, data: new Uint8Array(4) }] })),
        0,
      );
    expect(header(0x70, 0).messages).toHaveLength(1);
    expect(header(0x70, 0).forbidsWriting).toBeNull();
    expect(() => header(0x70, 0x80)).toThrow(UnsupportedFeatureError);
    expect(header(0x70, 0x08).forbidsWriting).toBe(0x70);
    expect(() => requireWritableHeader(header(0x70, 0x08), 0)).toThrow(UnsupportedFeatureError);
    expect(() => requireWritableHeader(header(0x01, 0x88), 0)).not.toThrow();
    expect(() => header(0x01, 0x06)).toThrow(HDF5Error);
  });

  it("reads the reference count message", () => {
    const data = Uint8Array.of(0, 7, 0, 0, 0);
    const bytes = encodeObjectHeaderV2({ messages: [{ type: 0x16, flags: 0, data }] });
    expect(decodeObjectHeader(bareContext(bytes), 0).referenceCount).toBe(7);
  });

  it("never fails with anything but its own error on damaged or short bytes", () => {
    const sizes = { offsetSize: 8, lengthSize: 8 };
    const messages = [...scalarDataset(3), continuationMessage(300, 40, sizes)];
    for (const version of [1, 2] as const) {
      const file = new Uint8Array(400);
      file.set(version === 1 ? encodeObjectHeaderV1(messages, 1) : encodeObjectHeaderV2({ messages }), 0);
      file.set(encodeContinuationBlockV1([{ type: 12, flags: 0, data: new Uint8Array(32) }]), 300);
      const attempt = (bytes: Uint8Array): void => {
        try {
          decodeObjectHeader(bareContext(bytes), 0);
        } catch (error) {
          expect(error).toBeInstanceOf(HDF5Error);
        }
      };
      for (let length = 0; length < file.length; length++) attempt(file.slice(0, length));
      for (let at = 0; at < 200; at++) {
        for (const value of [0, 1, 0x10, 0x7f, 0xff]) attempt(Object.assign(file.slice(), { [at]: value }));
      }
    }
  });

  it("replaces the messages of chunk 0 where they fit", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1 as const, 2 as const),
        fc.array(messageArbitrary, { minLength: 1, maxLength: 6 }),
        fc.array(messageArbitrary, { maxLength: 6 }),
        fc.boolean(),
        (version, before, after, tracks) => {
          const bytes =
            version === 1
              ? encodeObjectHeaderV1(before, 3, 40)
              : encodeObjectHeaderV2({ messages: before, tracksAttributeOrder: tracks }, { slack: 40 });
          const context = bareContext(bytes);
          const header = decodeObjectHeader(context, 0);
          const patch = replaceChunk0(header, context, after);
          const overhead = messageHeaderSize(version, version === 2 && tracks);
          const needed = expected(after, version).reduce((sum, { data }) => sum + data.length + overhead, 0);
          expect(patch === null).toBe(needed > header.chunks[0].messagesLength);
          if (patch === null) return;
          expect(patch.offset + patch.bytes.length).toBe(bytes.length);
          const now = patched(bytes, 0, patch);
          const nowContext = bareContext(now);
          const replaced = decodeObjectHeader(nowContext, 0);
          expect(plain(replaced)).toEqual(expected(after, version));
          expect(replaced.chunks).toEqual(header.chunks);
          expect(replaced.referenceCount).toBe(header.referenceCount);
          if (version === 1) expect(storedCount(now)).toBe(countMessages(nowContext, replaced));
        },
      ),
    );
  });

  it("shrinks chunk 0 to a continuation with few bytes", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1 as const, 2 as const),
        fc.array(messageArbitrary, { minLength: 1, maxLength: 6 }),
        fc.array(messageArbitrary, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 60 }),
        (version, before, after, tracks, slack) => {
          const tracksOrder = version === 2 && tracks;
          const old =
            version === 1
              ? encodeObjectHeaderV1(before, 3, slack)
              : encodeObjectHeaderV2({ messages: before, tracksAttributeOrder: tracksOrder }, { slack });
          const block =
            version === 1 ? encodeContinuationBlockV1(after, 16) : encodeContinuationBlockV2(after, tracksOrder, 16);
          const file = new Uint8Array(4096);
          file.set(old);
          file.set(block, 2048);
          const context = bareContext(file);
          const header = decodeObjectHeader(context, 0);
          const patch = shrinkToContinuation(header, context, 2048, block.length, after.length + 1);
          const room = messageHeaderSize(version, tracksOrder) + 16;
          expect(patch === null).toBe(header.chunks[0].messagesLength < room);
          if (patch === null) return;
          expect(patch.bytes.length).toBeLessThanOrEqual(version === 1 ? 46 : 34);
          const now = patched(file, 0, patch);
          const nowContext = bareContext(now);
          const shrunk = decodeObjectHeader(nowContext, 0);
          expect(plain(shrunk)).toEqual(expected(after, version));
          expect(shrunk.chunks).toHaveLength(2);
          expect(shrunk.referenceCount).toBe(header.referenceCount);
          if (version === 1) expect(storedCount(now)).toBe(countMessages(nowContext, shrunk));
        },
      ),
    );
  });
});

/** The file with its own length as the stored end of file. */
function withEnd(bytes: Uint8Array): Uint8Array {
  const { superblock } = openBytes(bytes);
  const copy = bytes.slice();
  copy.set(encodeSuperblock({ ...superblock, endOfFileAddress: bytes.length }), superblock.baseAddress);
  return copy;
}

/** The root group's links of a new-style file: names and addresses of hard links with short names. */
function hardLinks(header: ObjectHeader): Map<string, number> {
  const links = new Map<string, number>();
  for (const { type, data } of header.messages) {
    if (type !== 6 || data[0] !== 1 || (data[1] & 0x03) !== 0) continue;
    const at =
      2 + ((data[1] & 0x08) !== 0 ? 1 : 0) + ((data[1] & 0x04) !== 0 ? 8 : 0) + ((data[1] & 0x10) !== 0 ? 1 : 0);
    const name = text(data.subarray(at + 1, at + 1 + data[at]));
    const view = new DataView(data.buffer, data.byteOffset + at + 1 + data[at]);
    links.set(name, Number(view.getBigUint64(0, true)));
  }
  return links;
}

describe.runIf(hasH5py)("object header and libhdf5", () => {
  it("reads headers of both versions, with continuations, times and creation order", () => {
    python(`
for name, args in [('old', {}), ('new', dict(libver='latest'))]:
    with h5py.File('headers-%s.h5' % name, 'w', **args) as f:
        g = f.create_group('g', track_order=True)
        for i in range(7): g.attrs['attribute %d' % (6 - i)] = i
        f['h'] = g; f['i'] = g
        d = f.create_dataset('d', data=np.arange(3), track_times=True)
        for i in range(3): d.attrs['a%d' % i] = 'text ' * i
        f.flush(); f['other'] = 1; f.flush()
        for i in range(4): d.attrs['b%d' % i] = np.arange(20)
`);
    for (const name of ["headers-old.h5", "headers-new.h5"]) {
      const { superblock, context } = openBytes(readScratch(name));
      const root = decodeObjectHeader(context, superblock.rootAddress);
      const table = superblock.rootEntry?.cache;
      const links = hardLinks(root);
      if (table?.kind === "symbol-table") {
        for (const { nameBytes, entry } of readSymbolTable(context, table.btreeAddress ?? 0, table.heapAddress ?? 0)) {
          links.set(text(nameBytes), entry.objectAddress ?? 0);
        }
      }
      const version = table === undefined ? 2 : 1;
      expect(root.version).toBe(version);
      const group = decodeObjectHeader(context, links.get("g") ?? 0);
      expect([group.version, group.referenceCount]).toEqual([2, 3]);
      expect(group.tracksAttributeOrder).toBe(true);
      const attributes = group.messages.filter((message) => message.type === 12);
      expect(attributes.map((message) => message.creationOrder)).toEqual([0, 1, 2, 3, 4, 5, 6]);
      const dataset = decodeObjectHeader(context, links.get("d") ?? 0);
      expect(dataset.version).toBe(version);
      expect(dataset.messages.filter((message) => message.type === 12)).toHaveLength(7);
      expect(dataset.chunks.length).toBeGreaterThan(1);
      if (version === 2) expect(dataset.times?.modification).toBeGreaterThan(1_500_000_000);
      else expect(dataset.times).toBeNull();
    }
  });

  it("edits headers of new-style files in place", () => {
    python(`
with h5py.File('edit-new.h5', 'w', libver='latest') as f:
    for n in 'abc':
        d = f.create_dataset(n, data=np.arange(5))
        d.attrs['keep'] = 1; d.attrs['drop'] = 2
`);
    const file = readScratch("edit-new.h5");
    const { superblock, context } = openBytes(file);
    const links = hardLinks(decodeObjectHeader(context, superblock.rootAddress));
    const grown = new Uint8Array(file.length + 4096);
    grown.set(file);
    const without = (header: ObjectHeader): NewMessage[] =>
      header.messages.filter((message) => !(message.type === 12 && text(message.data).includes("drop")));
    const a = decodeObjectHeader(context, links.get("a") ?? 0);
    const inPlace = replaceChunk0(a, context, without(a));
    if (inPlace === null) throw new Error("did not fit");
    grown.set(inPlace.bytes, a.address + inPlace.offset);
    const b = decodeObjectHeader(context, links.get("b") ?? 0);
    const block = encodeContinuationBlockV2(without(b), b.tracksAttributeOrder, 50);
    const shrunk = shrinkToContinuation(b, context, file.length, block.length, 0);
    if (shrunk === null) throw new Error("did not fit");
    expect(shrunk.bytes.length).toBeLessThanOrEqual(30);
    grown.set(block, file.length);
    grown.set(shrunk.bytes, b.address + shrunk.offset);
    writeScratch("edit-new.h5", withEnd(grown));
    expect(h5dumpAccepts("edit-new.h5")).toBe(true);
    const answer = python(`
with h5py.File('edit-new.h5', 'r+') as f:
    assert {n: sorted(f[n].attrs) for n in f} == {'a': ['keep'], 'b': ['keep'], 'c': ['drop', 'keep']}
    for n in 'abc':
        for i in range(12): f[n].attrs['more %d' % i] = np.arange(i)
        assert (f[n][...] == np.arange(5)).all()
    f['a'].attrs['keep'] = 'changed'
    del f['b'].attrs['keep']
with h5py.File('edit-new.h5', 'r') as f:
    assert [len(f[n].attrs) for n in 'abc'] == [13, 12, 14]
    assert f['a'].attrs['keep'] == 'changed' and (f['b'].attrs['more 11'] == np.arange(11)).all()
print(json.dumps(True))
`);
    expect(answer).toBe(true);
  });

  it("edits headers of old-style files in place", () => {
    const builder = new FileBuilder();
    const addresses = ["a", "b", "c"].map((_, index) =>
      builder.put(encodeObjectHeaderV1(scalarDataset(index), 1, 64 * index)),
    );
    const symbols = addresses.map((objectAddress, index) => ({
      kind: "hard" as const,
      nameBytes: utf8.encode("abc"[index]),
      objectAddress,
    }));
    const table = buildSymbolTable(symbols, builder.superblock, builder.allocate);
    builder.add(table.blocks);
    const rootMessages = [symbolTableMessage(table.btreeAddress, table.heapAddress)];
    const rootAddress = builder.put(encodeObjectHeaderV1(rootMessages, 1));
    const file = builder.finish({ rootAddress });
    const block = encodeContinuationBlockV1(scalarDataset(70), 40);
    const whole = new Uint8Array(file.length + 2 * block.length);
    whole.set(file);
    whole.set(block, file.length);
    whole.set(encodeContinuationBlockV1(rootMessages), file.length + block.length);
    const { context } = openBytes(file);
    const [a, b] = addresses.map((address) => decodeObjectHeader(context, address));
    const root = decodeObjectHeader(context, rootAddress);
    const patches: [number, HeaderPatch | null][] = [
      [a.address, shrinkToContinuation(a, context, file.length, block.length, 5)],
      [b.address, replaceChunk0(b, context, scalarDataset(80))],
      // 24 bytes of messages: the continuation fills chunk 0.
      [root.address, shrinkToContinuation(root, context, file.length + block.length, 24, 1)],
    ];
    for (const [address, patch] of patches) {
      if (patch === null) throw new Error("did not fit");
      whole.set(patch.bytes, address + patch.offset);
    }
    writeScratch("edit-old.h5", withEnd(whole));
    expect(h5dumpAccepts("edit-old.h5")).toBe(true);
    const answer = python(`
with h5py.File('edit-old.h5', 'r+') as f:
    assert {n: int(f[n][()]) for n in f} == {'a': 70, 'b': 80, 'c': 2}
    for n in 'abc':
        for i in range(12): f[n].attrs['more %d' % i] = np.arange(i)
        f[n][()] = 5
        del f[n].attrs['more 3']
    f['g/h'] = 3
    del f['b']
with h5py.File('edit-old.h5', 'r') as f:
    assert sorted(f) == ['a', 'c', 'g'] and f['a'][()] == 5 and len(f['a'].attrs) == 11
print(json.dumps(True))
`);
    expect(answer).toBe(true);
  });

  it("writes new-style groups and datasets that libhdf5 edits", () => {
    const builder = new FileBuilder({ version: 2 });
    const attributeInfo: NewMessage = { type: 0x15, flags: 0, data: new Uint8Array(18).fill(0xff) };
    attributeInfo.data.set([0, 0]);
    const objectAddress = builder.put(
      encodeObjectHeaderV2(
        {
          messages: [...scalarDataset(9), attributeInfo],
          times: { access: 1e9, modification: 1e9, change: 1e9, birth: 1e9 },
          attributePhaseChange: { maxCompact: 4, minDense: 2 },
        },
        { slack: 100 },
      ),
    );
    const linkInfo: NewMessage = { type: 0x02, flags: 0, data: new Uint8Array(18).fill(0xff) };
    linkInfo.data.set([0, 0]);
    const groupInfo: NewMessage = { type: 0x0a, flags: 1, data: Uint8Array.of(0, 0) };
    const link = new Uint8Array(2 + 2 + 8);
    link.set([1, 0, 1, "d".charCodeAt(0)]);
    new DataView(link.buffer).setBigUint64(4, BigInt(objectAddress), true);
    const messages = [linkInfo, groupInfo, { type: 0x06, flags: 0, data: link }];
    const rootAddress = builder.put(encodeObjectHeaderV2({ messages }, { slack: 3, sizeWidth: 4 }));
    writeScratch("new-style.h5", builder.finish({ rootAddress }));
    expect(h5dumpAccepts("new-style.h5")).toBe(true);
    const answer = python(`
with h5py.File('new-style.h5', 'r+') as f:
    assert list(f) == ['d'] and f['d'][()] == 9
    for i in range(6): f['d'].attrs['x%d' % i] = i
    for i in range(20): f['link %d' % i] = f['d']
    for i in range(15): del f['link %d' % i]
with h5py.File('new-style.h5', 'r') as f:
    assert len(f) == 6 and len(f['link 17'].attrs) == 6
print(json.dumps(True))
`);
    expect(answer).toBe(true);
  });
});
