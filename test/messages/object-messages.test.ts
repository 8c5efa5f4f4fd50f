import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAttribute, encodeAttribute } from "../../src/format/structures/messages/attribute.js";
import { decodeAttributeInfo, encodeAttributeInfo } from "../../src/format/structures/messages/attribute-info.js";
import { decodeBTreeKValues, encodeBTreeKValues } from "../../src/format/structures/messages/btree-k-values.js";
import { decodeObjectComment, encodeObjectComment } from "../../src/format/structures/messages/comment.js";
import {
  decodeObjectHeaderContinuation,
  encodeObjectHeaderContinuation,
} from "../../src/format/structures/messages/continuation.js";
import { elementCount } from "../../src/format/structures/messages/dataspace.js";
import { decodeDriverInfo, encodeDriverInfo } from "../../src/format/structures/messages/driver-info.js";
import { decodeFileSpaceInfo, encodeFileSpaceInfo } from "../../src/format/structures/messages/file-space-info.js";
import { decodeGroupInfo, encodeGroupInfo } from "../../src/format/structures/messages/group-info.js";
import type { Link } from "../../src/format/structures/messages/link.js";
import { decodeLink, encodeLink } from "../../src/format/structures/messages/link.js";
import { decodeLinkInfo, encodeLinkInfo } from "../../src/format/structures/messages/link-info.js";
import { MessageType } from "../../src/format/structures/messages/message-types.js";
import {
  decodeMetadataCacheImage,
  encodeMetadataCacheImage,
} from "../../src/format/structures/messages/metadata-cache-image.js";
import {
  decodeObjectModificationTime,
  decodeOldObjectModificationTime,
  encodeObjectModificationTime,
  encodeOldObjectModificationTime,
} from "../../src/format/structures/messages/object-modification-time.js";
import {
  decodeObjectReferenceCount,
  encodeObjectReferenceCount,
} from "../../src/format/structures/messages/reference-count.js";
import type { SharedResolver } from "../../src/format/structures/messages/shared-message.js";
import { decodeSharedMessage, encodeSharedMessage } from "../../src/format/structures/messages/shared-message.js";
import {
  decodeSharedMessageTableLocation,
  encodeSharedMessageTableLocation,
} from "../../src/format/structures/messages/shared-message-table.js";
import { decodeSymbolTable, encodeSymbolTable } from "../../src/format/structures/messages/symbol-table.js";
import { characterSets, dataspaces, datatypes, names } from "./arbitraries.js";
import { decodedBothWays, encoded, errorOf, expectHardy, fromHex, readerOf, toHex } from "./bytes.js";

// Messages in hexadecimal were written by h5py 3.7 with HDF5 1.10.8 unless said otherwise.

const encoder = new TextEncoder();

const nothingShared: SharedResolver = () => {
  throw new Error("nothing is shared here");
};

describe("link messages", () => {
  const both = (hex: string) => decodedBothWays(decodeLink, encodeLink, hex);

  it("of every kind", () => {
    expect(both(`0100${"04"}706c616e${"0b02000000000000"}`)).toEqual({
      kind: "hard",
      name: "plan",
      nameBytes: encoder.encode("plan"),
      characterSet: "ascii",
      creationOrder: null,
      address: 0x20b,
    });
    expect(both("011c010300000000000000010473c3b66404002f612f62")).toMatchObject({
      kind: "soft",
      name: "söd",
      characterSet: "utf-8",
      creationOrder: 3,
      target: "/a/b",
    });
    expect(both("01084003657874090000" + "6f2e6835002f7800")).toMatchObject({
      kind: "external",
      name: "ext",
      file: "o.h5",
      target: "/x",
    });
    expect(both("0108bb01750300010203")).toMatchObject({
      kind: "user-defined",
      linkType: 187,
      data: Uint8Array.of(1, 2, 3),
    });
  });

  it("survive encoding and decoding", () => {
    const texts = names.map((text) => [text, encoder.encode(text)] as const);
    const base = fc
      .record({ name: texts, characterSet: characterSets, creationOrder: fc.option(fc.nat()) })
      .map(({ name: [name, nameBytes], ...rest }) => ({ name, nameBytes, ...rest }));
    const links: fc.Arbitrary<Link> = fc.oneof(
      fc.tuple(base, fc.nat()).map(([fields, address]): Link => ({ kind: "hard", ...fields, address })),
      fc
        .tuple(base, texts)
        .map(([fields, [target, targetBytes]]): Link => ({ kind: "soft", ...fields, target, targetBytes })),
      fc.tuple(base, texts, texts).map(
        ([fields, [file, fileBytes], [target, targetBytes]]): Link => ({
          kind: "external",
          ...fields,
          file,
          fileBytes,
          target,
          targetBytes,
        }),
      ),
      fc
        .tuple(base, fc.integer({ min: 65, max: 255 }), fc.uint8Array())
        .map(([fields, linkType, data]): Link => ({ kind: "user-defined", ...fields, linkType, data })),
    );
    fc.assert(
      fc.property(links, (link) => {
        expect(decodeLink(readerOf(encoded(encodeLink, link)))).toEqual(link);
      }),
      { numRuns: 200 },
    );
  });

  it("have names of any length", () => {
    for (const length of [255, 256, 70000]) {
      const name = "x".repeat(length);
      const link: Link = {
        kind: "hard",
        name,
        nameBytes: encoder.encode(name),
        characterSet: "ascii",
        creationOrder: null,
        address: 8,
      };
      const decoded = decodeLink(readerOf(encoded(encodeLink, link)));
      expect({ ...decoded, nameBytes: decoded.nameBytes.length }).toEqual({ ...link, nameBytes: length });
    }
  });

  it("refuse what cannot be", () => {
    const code = (hex: string) => errorOf(() => decodeLink(readerOf(hex))).code;
    expect(code("0200")).toBe("unsupported");
    expect(code("0120")).toBe("unsupported");
    expect(code("010000")).toBe("corrupt");
    expect(code("0108020161")).toBe("corrupt");
    expect(code("010802016100000000")).toBe("unsupported");
    expect(code(`01000161${"ff".repeat(8)}`)).toBe("corrupt");
    expect(code("01080101610000")).toBe("corrupt");
    expect(code("0103ffffffffffffffff61")).toBe("corrupt");
    expectHardy(decodeLink, fromHex("011c010300000000000000010473c3b66404002f612f62"));
    expectHardy(decodeLink, fromHex("01084003657874090000" + "6f2e6835002f7800"));
  });
});

describe("attribute messages", () => {
  const both = (hex: string, resolve = nothingShared) =>
    decodedBothWays((reader) => decodeAttribute(reader, resolve), encodeAttribute, hex);

  it("of versions 1 and 3", () => {
    const number = { name: "n", data: Uint8Array.of(0xfd, 0xff), committedAddress: null };
    expect(
      both("010002000c0008006e00000000000000100800000200000000001000000000000100000000000000fdff000000000000"),
    ).toMatchObject({ version: 1, ...number, dataspace: { kind: "scalar" } });
    expect(both("030002000c000400006e0010080000020000000000100002000000fdff")).toMatchObject({ version: 3, ...number });
    const named = both(
      "030003000c00140000c3a900100800000800000000004000020101010200000000000000020000000000000000000000000000000100000000000000",
    );
    expect(named).toMatchObject({ name: "é", dataspace: { dimensions: [2] } });
    expect(named.data.length).toBe(16);
  });

  it("with a committed datatype", () => {
    // As libhdf5 writes it: version 2 of the shared message, with the type of version 3.
    const hex = "030102000a00040000630002028907000000000000020000000005";
    const asked: number[] = [];
    const resolve: SharedResolver = (messageType, shared) => {
      asked.push(messageType);
      expect(shared).toEqual({ kind: "committed", address: 0x789 });
      return { reader: readerOf("100100000200000000001000") };
    };
    const attribute = decodeAttribute(readerOf(hex), resolve);
    expect(asked).toEqual([MessageType.Datatype]);
    expect(attribute).toMatchObject({ committedAddress: 0x789, datatype: { byteOrder: "big" } });
    const again = encoded(encodeAttribute, attribute);
    expect(toHex(again)).toBe(hex.replace("0202890", "0302890"));
    expect(decodeAttribute(readerOf(again), resolve)).toEqual(attribute);
  });

  it("with a datatype and a dataspace in the shared-message heap", () => {
    const resolve: SharedResolver = (messageType, shared) => {
      if (shared.kind !== "heap") throw new Error(shared.kind);
      expect(shared.heapId[7]).toBe(messageType);
      return { reader: readerOf(messageType === MessageType.Datatype ? "100000000100000000000800" : "02000000") };
    };
    const hex = "030302000a000a0000" + "6100" + "03010000000000000003" + "03010000000000000001" + "2a";
    expect(decodeAttribute(readerOf(hex), resolve)).toMatchObject({
      name: "a",
      committedAddress: null,
      data: Uint8Array.of(42),
    });
  });

  it("survive encoding and decoding", () => {
    const attributes = fc
      .record({
        version: fc.integer({ min: 1, max: 3 }),
        name: names,
        datatype: datatypes,
        dataspace: dataspaces,
        characterSet: characterSets,
      })
      .filter(({ dataspace }) => !dataspace.dimensions.some((dimension) => dimension > 40))
      .filter(({ datatype, dataspace }) => elementCount(dataspace) * datatype.size < 1e5)
      .map((fields) => ({
        ...fields,
        characterSet: fields.version < 3 ? ("ascii" as const) : fields.characterSet,
        nameBytes: encoder.encode(fields.name),
        data: new Uint8Array(elementCount(fields.dataspace) * fields.datatype.size).fill(7),
        committedAddress: null,
      }));
    fc.assert(
      fc.property(attributes, (attribute) => {
        const decoded = decodeAttribute(readerOf(encoded(encodeAttribute, attribute)), nothingShared);
        expect({ ...decoded, data: decoded.data.length }).toEqual({ ...attribute, data: attribute.data.length });
        expect(toHex(decoded.data)).toBe(toHex(attribute.data));
      }),
      { numRuns: 60 },
    );
  });

  it("copy what they keep", () => {
    const bytes = fromHex("030002000c000400006e0010080000020000000000100002000000fdff");
    const attribute = decodeAttribute(readerOf(bytes), nothingShared);
    bytes.fill(0);
    expect(attribute).toMatchObject({ name: "n", nameBytes: Uint8Array.of(0x6e), data: Uint8Array.of(0xfd, 0xff) });
  });

  it("refuse what cannot be", () => {
    const hex = "030002000c000400006e0010080000020000000000100002000000fdff";
    const message = (text: string) => errorOf(() => decodeAttribute(readerOf(text), nothingShared)).message;
    expect(message(hex.slice(0, -2))).toMatch(/expected 2 more bytes/);
    expect(message(hex.replace("6e00", "6e6e"))).toMatch(/not terminated/);
    expect(message(hex.replace("6e00", "0000"))).toMatch(/has 1 bytes instead of 2/);
    expect(message(hex.replace("0300", "0304"))).toMatch(/flags/);
    expectHardy((reader) => decodeAttribute(reader, () => ({ reader: readerOf("02000000") })), fromHex(hex));
    const attribute = decodeAttribute(readerOf(hex), nothingShared);
    const refuse = (changes: Partial<typeof attribute>) =>
      expect(errorOf(() => encoded(encodeAttribute, { ...attribute, ...changes })).code).toBe("invalid-argument");
    refuse({ data: new Uint8Array(3) });
    refuse({ version: 4 });
    refuse({ version: 1, committedAddress: 8 });
    refuse({ version: 2, characterSet: "utf-8" });
    refuse({ nameBytes: Uint8Array.of(0) });
    refuse({ nameBytes: new Uint8Array(70000).fill(65) });
  });
});

describe("shared messages", () => {
  it("of versions 1 to 3", () => {
    const committed = { kind: "committed", address: 0x680 };
    // HDF5 1.2: the address follows the name offset of a symbol-table entry.
    const first = `0100000000000000${"0000000000000000"}${"8006000000000000"}`;
    expect(decodeSharedMessage(readerOf(first))).toEqual(committed);
    for (const hex of ["02008006000000000000", "02028006000000000000", "03028006000000000000"]) {
      expect(decodeSharedMessage(readerOf(hex))).toEqual(committed);
    }
    const heap = decodedBothWays(decodeSharedMessage, encodeSharedMessage, "03010102030405060708");
    expect(heap).toEqual({ kind: "heap", heapId: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    const old = encoded((writer, shared) => encodeSharedMessage(writer, shared, 2), {
      kind: "committed",
      address: 9,
    } as const);
    expect(toHex(old)).toBe("02000900000000000000");
  });

  it("refuse what cannot be", () => {
    expect(errorOf(() => decodeSharedMessage(readerOf("0400"))).code).toBe("unsupported");
    expect(errorOf(() => decodeSharedMessage(readerOf("03008006000000000000"))).code).toBe("corrupt");
    expect(errorOf(() => decodeSharedMessage(readerOf(`0302${"ff".repeat(8)}`))).code).toBe("corrupt");
  });
});

describe("messages of groups and object headers", () => {
  it("link info and attribute info", () => {
    const hex = "00031d000000000000006513000000000000f7130000000000001d14000000000000";
    expect(decodedBothWays(decodeLinkInfo, encodeLinkInfo, hex)).toEqual({
      maxCreationOrder: 29,
      creationOrderIndexed: true,
      heapAddress: 0x1365,
      nameIndexAddress: 0x13f7,
      creationOrderIndexAddress: 0x141d,
    });
    expect(decodedBothWays(decodeLinkInfo, encodeLinkInfo, "00003a9e000000000000cc9e000000000000")).toMatchObject({
      maxCreationOrder: null,
      creationOrderIndexAddress: null,
    });
    const attributes = `00030900${"ff".repeat(24)}`;
    expect(decodedBothWays(decodeAttributeInfo, encodeAttributeInfo, attributes)).toEqual({
      maxCreationOrder: 9,
      creationOrderIndexed: true,
      heapAddress: null,
      nameIndexAddress: null,
      creationOrderIndexAddress: null,
    });
    expectHardy(decodeLinkInfo, fromHex(hex));
    expectHardy(decodeAttributeInfo, fromHex(attributes));
  });

  it("group info", () => {
    expect(decodedBothWays(decodeGroupInfo, encodeGroupInfo, "0000")).toEqual({ phaseChange: null, estimates: null });
    expect(decodedBothWays(decodeGroupInfo, encodeGroupInfo, "00030800060004000a00")).toEqual({
      phaseChange: { maxCompact: 8, minDense: 6 },
      estimates: { entries: 4, nameLength: 10 },
    });
    expect(errorOf(() => decodeGroupInfo(readerOf("0004"))).code).toBe("unsupported");
  });

  it("symbol table, continuation, reference count, comment", () => {
    expect(decodedBothWays(decodeSymbolTable, encodeSymbolTable, "c2a80000000000005015000000000000")).toEqual({
      btreeAddress: 0xa8c2,
      heapAddress: 0x1550,
    });
    const continuation = "00020000000000007800000000000000";
    expect(decodedBothWays(decodeObjectHeaderContinuation, encodeObjectHeaderContinuation, continuation)).toEqual({
      address: 512,
      length: 120,
    });
    expect(decodedBothWays(decodeObjectReferenceCount, encodeObjectReferenceCount, "0002000000")).toEqual({ count: 2 });
    expect(decodedBothWays(decodeObjectComment, encodeObjectComment, "68656c6c6f000000")).toEqual({ text: "hello" });
    expect(errorOf(() => decodeSymbolTable(readerOf("ff".repeat(16)))).code).toBe("corrupt");
  });

  it("modification times", () => {
    const time = decodedBothWays(decodeObjectModificationTime, encodeObjectModificationTime, "0100000000f15365");
    expect(time).toEqual({ seconds: 0x6553f100 });
    // HDF5 1.2
    const old = decodedBothWays(
      decodeOldObjectModificationTime,
      encodeOldObjectModificationTime,
      "32303030303332333136323830380000",
    );
    expect(new Date(old.seconds * 1000).toISOString()).toBe("2000-03-23T16:28:08.000Z");
    expect(errorOf(() => decodeOldObjectModificationTime(readerOf("2".repeat(32)))).code).toBe("corrupt");
    const never = { seconds: Number.NaN };
    expect(errorOf(() => encoded(encodeOldObjectModificationTime, never)).code).toBe("invalid-argument");
  });
});

describe("messages of the superblock extension", () => {
  it("B-tree 'K' values, driver info, shared message table, metadata cache image", () => {
    expect(decodedBothWays(decodeBTreeKValues, encodeBTreeKValues, "00030002000200")).toEqual({
      chunkInternalK: 3,
      groupInternalK: 2,
      groupLeafK: 2,
    });
    expect(decodedBothWays(decodeDriverInfo, encodeDriverInfo, "004e43534166616d690800" + "0010000000000000")).toEqual({
      driver: "NCSAfami",
      information: fromHex("0010000000000000"),
    });
    const table = "00610000000000000002";
    expect(decodedBothWays(decodeSharedMessageTableLocation, encodeSharedMessageTableLocation, table)).toEqual({
      address: 97,
      indexCount: 2,
    });
    const image = "003266000000000000c44b000000000000";
    expect(decodedBothWays(decodeMetadataCacheImage, encodeMetadataCacheImage, image)).toEqual({
      address: 0x6632,
      size: 0x4bc4,
    });
  });

  it("file space info", () => {
    const both = (hex: string) => decodedBothWays(decodeFileSpaceInfo, encodeFileSpaceInfo, hex);
    expect(both("010200010000000000000000100000000000000000ffffffffffffffff")).toEqual({
      version: 1,
      strategy: "aggregators",
      persistent: false,
      sectionThreshold: 1,
      pageSize: 4096,
      pageEndMetadataThreshold: 0,
      endBeforeManagers: null,
      managerAddresses: [],
    });
    // HDF5 1.10.0
    const first = `000101000000000000007e19000000000000${"ff".repeat(8)}f319000000000000${"ff".repeat(24)}`;
    expect(both(first)).toMatchObject({
      version: 0,
      strategy: "free-space-managers",
      persistent: true,
      managerAddresses: [0x197e, null, 0x19f3, null, null, null],
    });
    expect(both("00040100000000000000")).toMatchObject({ strategy: "none", persistent: false });
    const persistent = `010101010000000000000000100000000000000000${"0100000000000000".repeat(13)}`;
    expect(both(persistent)).toMatchObject({ strategy: "pages", persistent: true, endBeforeManagers: 1 });
    expectHardy(decodeFileSpaceInfo, fromHex(persistent));
    const paged = decodeFileSpaceInfo(readerOf(persistent));
    expect(paged.managerAddresses).toHaveLength(12);
    const impossible = { ...paged, version: 0, managerAddresses: paged.managerAddresses.slice(0, 6) };
    expect(errorOf(() => encoded(encodeFileSpaceInfo, impossible)).code).toBe("invalid-argument");
  });

  it("read narrow fields", () => {
    const narrow = { offsetSize: 4, lengthSize: 2 };
    expect(decodeObjectHeaderContinuation(readerOf("000200007800", narrow))).toEqual({ address: 512, length: 120 });
    expect(decodeMetadataCacheImage(readerOf("00ffffffff7800", narrow))).toEqual({ address: null, size: 120 });
  });
});
