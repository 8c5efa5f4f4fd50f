import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

interface Canon {
  describePath(path: string, asynchronous: boolean, write: (line: string) => void): Promise<void>;
}
interface Modules {
  bundleCanon(directory: string): Promise<Canon>;
}

const golden = new URL("../../golden-files/", import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), "user-blocks-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const modules = (await import(new URL("../property/check-random-files.mjs", import.meta.url).href)) as Modules;
const canon = await modules.bundleCanon(scratch);

/** One file for each structure that holds addresses. */
const names = [
  "superblock-0.h5",
  "superblock-1.h5",
  "superblock-2.h5",
  "superblock-3.h5",
  "sizes-2.h5",
  "sizes-4.h5",
  "symbol-table-deep.h5",
  "links-dense.h5",
  "attributes-dense.h5",
  "header-v1-continuations.h5",
  "header-v2-continuations.h5",
  "chunk-btree-deep.h5",
  "chunk-indexes.h5",
  "chunk-indexes-paged.h5",
  "filters-packing.h5",
  "heaps.h5",
  "references.h5",
  "shared-messages-list.h5",
  "shared-messages-tree.h5",
  "variable-length.h5",
];

/** A superblock may be at 0, 512 and each doubling of that. */
const userBlockSizes = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576];

/** What is significant in expected lines and ours: everything but the readable samples. */
function significant(line: string): unknown {
  return JSON.parse(line, (key, value: unknown) => (key === "sample" || key === "nbytes" ? undefined : value));
}

async function linesOf(bytes: Uint8Array, asynchronous: boolean): Promise<unknown[]> {
  const path = join(scratch, "shifted.h5");
  writeFileSync(path, bytes);
  const lines: unknown[] = [];
  await canon.describePath(path, asynchronous, (line) => lines.push(significant(line)));
  return lines;
}

function expectedLines(name: string): unknown[] {
  const text = readFileSync(new URL(`expected/${name}.jsonl`, golden), "utf8");
  return text.trimEnd().split("\n").map(significant);
}

/** The file after a user block; its superblock still says that the base address is 0, as h5jam leaves it. */
function shifted(image: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size + image.length).fill(0x2e);
  bytes.set(image, size);
  return bytes;
}

/** The same with the base address and the end of file of superblock version 0 or 1 moved along, as `userblock_size` does. */
function rebased(image: Uint8Array, size: number): Uint8Array {
  const bytes = shifted(image, size);
  const view = new DataView(bytes.buffer);
  const base = size + (image[8] === 0 ? 24 : 28);
  view.setBigUint64(base, BigInt(size), true);
  view.setBigUint64(base + 16, BigInt(size + image.length), true);
  return bytes;
}

describe("files after a user block", () => {
  it.each(names)("%s reads the same at every size of the user block", async (name) => {
    const image = new Uint8Array(readFileSync(new URL(name, golden)));
    const expected = expectedLines(name);
    for (const size of userBlockSizes) {
      expect(await linesOf(shifted(image, size), false), `user block of ${size}`).toEqual(expected);
    }
    expect(await linesOf(shifted(image, 2048), true)).toEqual(expected);
    // Addresses of 8 bytes, and no checksum to keep up.
    if (image[8] > 1 || image[13] !== 8) return;
    for (const size of userBlockSizes) {
      expect(await linesOf(rebased(image, size), false), `base address ${size}`).toEqual(expected);
    }
  });
});
