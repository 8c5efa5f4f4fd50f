import { describe, expect, it } from "vitest";
import { decodeFileOutline } from "../../src/format/structures/driver-information.js";
import { encodeSuperblock } from "../../src/format/structures/superblock.js";
import { FileBuilder, MemoryStorage } from "./support.js";

describe("the outline of a file", () => {
  it.each([2, 4, 8])("knows an undefined address of %d bytes", (offsetSize) => {
    const { superblock } = new FileBuilder({ version: 1, offsetSize, lengthSize: 8, endOfFileAddress: 300 });
    const rootEntry = { nameOffset: 0, objectAddress: 96, cache: { kind: "none" } } as const;
    const bytes = new Uint8Array(300);
    bytes.set(encodeSuperblock({ ...superblock, rootEntry }), 0);
    const outline = decodeFileOutline(new MemoryStorage(bytes), 0);
    expect(outline.driver).toBeNull();
    expect(outline.end).toBe(300);
  });
});
