import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { PersistableClass } from "../../src/serialization/index.js";
import { load, loadSync, type Persistable, ProxyDataset, Serializable } from "../../src/serialization/index.js";
import type { Tagged } from "./expected.js";
import { expectTagged } from "./expected.js";
import { describeFile, hasH5py } from "./h5py.js";
import { labClasses } from "./lab.js";

const folder = new URL("../../golden-files/jangada/", import.meta.url).pathname;
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".hdf5"))
  .map((name) => name.slice(0, -5));
const scratch = mkdtempSync(join(tmpdir(), "jangada-golden-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Reads the proxies in a value, synchronously or not. */
async function resolve(value: unknown, read: (proxy: ProxyDataset<unknown>) => unknown): Promise<unknown> {
  if (value instanceof ProxyDataset) return await read(value);
  if (Array.isArray(value)) return await Promise.all(value.map((item) => resolve(item, read)));
  if (value instanceof Serializable) {
    // A generic copy: the class's own properties would take the arrays too, but this leaves the object alone.
    const entries = [...Serializable.valuesOf(value)].map(
      async ([key, item]) => [key, await resolve(item, read)] as const,
    );
    const type = value.constructor as new (init: object) => Serializable;
    return new type(Object.fromEntries(await Promise.all(entries)));
  }
  return value;
}

/** The lines without the zeros that pad the names in long lists, in order: Python's library leaves them out. */
function unpadded(lines: readonly string[]): string[] {
  return lines.map((line) => line.replaceAll(/([/@])0+(?=\d)/g, "$1")).sort();
}

describe.each(names)("%s", (name) => {
  const path = join(folder, `${name}.hdf5`);
  const expected = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Tagged;
  const found = labClasses.find(({ className }) => className === expected.class);
  if (found === undefined) throw new Error(`no class for ${expected.class}`);
  const type = found as unknown as Pick<typeof Persistable, "load" | "loadSync" | "open"> &
    PersistableClass<Persistable>;

  it("loads equal to its JSON", async () => {
    const object = await type.load(path);
    expect(object).toBeInstanceOf(type);
    expectTagged(object, expected, "");
    expectTagged(type.loadSync(path), expected, "");
    expectTagged(await load(readFileSync(path)), expected, "");
    expect(loadSync(path).equals(object)).toBe(true);
  });

  it("opens equal to its JSON, property by property", async () => {
    const object = await type.open(path);
    let proxies = 0;
    for (const [key, value] of Serializable.valuesOf(object)) {
      const tagged = expected.properties?.[key];
      if (tagged === undefined) throw new Error(`nothing is known of ${key}`);
      if (tagged.type === "ndarray" || tagged.type === "datetimeindex") {
        expect(value).toBeInstanceOf(ProxyDataset);
        proxies++;
      }
      expectTagged(await resolve(value, (proxy) => proxy.read()), tagged, key);
      expectTagged(await resolve(value, (proxy) => proxy.readSync()), tagged, key);
    }
    expect(proxies > 0).toBe(["arrays", "experiment", "series", "times"].includes(name));
    await object.close();
  });

  it.runIf(hasH5py).each(["default", "earliest"] as const)(
    "is saved with the same structure, libver %s",
    async (libver) => {
      const saved = await (await load(path)).save(join(scratch, `${name}-${libver}`), { libver });
      expect(saved).toBe(join(scratch, `${name}-${libver}.hdf5`));
      expect(unpadded(describeFile(saved))).toEqual(unpadded(describeFile(path)));
      expectTagged(await type.load(saved), expected, "");
    },
  );
});
