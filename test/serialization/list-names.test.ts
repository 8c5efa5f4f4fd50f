/** Names of the members of stored lists: in the order of their text, which is the one that Python's library loads. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createSync, openSync } from "../../src/format/index.js";
import { load, loadSync, Persistable, property, scalar } from "../../src/serialization/index.js";
import { failure } from "../support/failure.js";
import { hasH5py } from "./h5py.js";

class Item extends Persistable.define("lists.Item", { value: property({ default: 0 }) }) {}
class Shelf extends Persistable.define("lists.Shelf", { items: property<unknown[]>({ default: () => [] }) }) {}

const directory = mkdtempSync(join(tmpdir(), "list-names-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function namesIn(bytes: Uint8Array): string[] {
  const group = openSync(bytes).groupSync("root/items");
  const attributes = group.attrs.keysSync().filter((name) => name !== "__container_type__");
  return [...attributes, ...group.keysSync()];
}

/** A list as others write it, under these names. */
function listNamed(names: readonly string[]): Uint8Array {
  const file = createSync();
  const items = file.createGroupSync("root/items");
  for (const [name, text] of Object.entries({ __container_type__: "dict", __class__: "lists.Shelf" })) {
    file.groupSync("root").attrs.setSync(name, text);
  }
  items.attrs.setSync("__container_type__", "list");
  for (const name of names) items.attrs.setSync(name, Number(name) * 10);
  file.closeSync();
  return file.bytes();
}

describe("lists", () => {
  it("of more than ten items have names of one length", () => {
    const short = new Shelf({ items: Array.from({ length: 10 }, (_, index) => index) });
    expect(namesIn(short.toBytesSync()).sort()).toEqual([..."0123456789"]);
    const long = new Shelf({ items: Array.from({ length: 101 }, (_, index) => (index % 2 ? index : [index])) });
    const names = namesIn(long.toBytesSync());
    expect([...names].sort()).toEqual(Array.from({ length: 101 }, (_, index) => String(index).padStart(3, "0")));
    expect(long.equals(loadSync(long.toBytesSync()))).toBe(true);
  });

  it.skipIf(!hasH5py)("are in their order where names are sorted as text, as Python's library does", () => {
    const path = new Shelf({ items: Array.from({ length: 25 }, (_, index) => `item ${index}`) }).saveSync(
      join(directory, "sorted"),
    );
    const script = `import h5py, sys
g = h5py.File(sys.argv[1], "r")["root/items"]
print(",".join(g.attrs[k] for k in sorted(g.attrs) if k != "__container_type__"))`;
    const printed = execFileSync("/usr/bin/python3", ["-c", script, path], { encoding: "utf8" }).trim();
    expect(printed.split(",")).toEqual(Array.from({ length: 25 }, (_, index) => `item ${index}`));
  });

  it("are read whichever way their members are named", () => {
    const plain = Array.from({ length: 12 }, (_, index) => String(index));
    const padded = plain.map((name) => name.padStart(2, "0"));
    const expected = plain.map((name) => Number(name) * 10);
    for (const names of [plain, padded, [...padded].reverse(), ["00", ...plain.slice(1)]]) {
      expect((loadSync(listNamed(names)) as Shelf).items).toEqual(expected);
    }
  });

  it.each([
    ["twice the same", [..."0123456789", "10", "00"]],
    ["a gap", ["0", "2"]],
    ["longer than needed", ["00", "01"]],
    ["of another kind", ["0", "1.0"]],
    ["negative", ["0", "-1"]],
    ["with a sign", ["0", "+1"]],
    ["with a space", ["0", " 1"]],
  ])("of which names are %s are damaged", (_, names) => {
    expect(failure(() => loadSync(listNamed(names)))).toMatchObject({ code: "corrupt" });
  });

  it("keep the stored types of their scalars, and objects in them are followed when opened", async () => {
    const items = Array.from({ length: 15 }, (_, index) =>
      index === 12 ? scalar(3, "int8") : new Item({ value: index }),
    );
    const path = await new Shelf({ items }).save(join(directory, "followed"));
    const lazy = await Shelf.open(path, { mode: "r+" });
    (lazy.items[11] as Item).value = 111;
    await lazy.close();
    const again = (await load(path)) as Shelf;
    expect([(again.items[11] as Item).value, (again.items[10] as Item).value, again.items[12]]).toEqual([111, 10, 3]);
    const dtypes = openSync(again.toBytesSync()).groupSync("root/items").attrs.infoSync("12").dtype;
    expect(dtypes).toBe("int8");
  });

  it("of any length come back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer(), fc.string({ unit: "grapheme" }), fc.array(fc.boolean())), { maxLength: 120 }),
        (items) => {
          const shelf = new Shelf({ items: items.filter((item) => typeof item !== "string" || !item.includes("\0")) });
          expect(loadSync(shelf.toBytesSync()).equals(shelf)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});
