import { describe, expect, it } from "vitest";
import * as library from "../../src/format/index.js";

type Library = typeof library;
interface Input {
  readonly path: string;
  readonly seed?: number;
  readonly truncate?: number;
}
interface Findings {
  readonly lines: ReadonlyMap<string, readonly string[]>;
}
interface Fuzz {
  inputFiles(corpus: string): { readonly seeds: readonly string[]; readonly small: readonly string[] };
  inputBytes(input: Input): Uint8Array;
  inputName(input: Input): string;
  examine(library: Library, bytes: Uint8Array): Promise<Findings>;
  examineAsync(library: Library, bytes: Uint8Array): Promise<Findings>;
  difference(before: Findings, after: Findings): string | null;
  edit(library: Library, bytes: Uint8Array): Promise<string>;
}

const fuzz = Object.assign(
  {},
  ...(await Promise.all(
    ["inputs", "examine"].map((name) => import(new URL(`../../fuzz/${name}.mjs`, import.meta.url).href)),
  )),
) as Fuzz;
const { seeds, small } = fuzz.inputFiles("");
const secondsPerPart = 4;

/** Examines inputs until the time is up; answers how many there were. */
async function examineAll(inputs: Iterable<Input>): Promise<number> {
  const end = performance.now() + 1000 * secondsPerPart;
  let count = 0;
  for (const input of inputs) {
    if (performance.now() > end) break;
    const bytes = fuzz.inputBytes(input);
    const name = fuzz.inputName(input);
    const started = process.cpuUsage();
    const found = await fuzz.examine(library, bytes);
    const { user, system } = process.cpuUsage(started);
    // The first reads also pay for the compilation of the library.
    expect((user + system) / 1e6, `${name}: seconds`).toBeLessThan(count < 5 ? 5 : 2);
    if (count % 4 === 0) {
      const differs = fuzz.difference(found, await fuzz.examineAsync(library, bytes));
      expect(differs, `${name}: the asynchronous walk`).toBeNull();
    }
    if (count % 4 === 2) expect(await fuzz.edit(library, bytes), name).not.toMatch(/^changed/);
    count++;
  }
  return count;
}

function* mutations(): Generator<Input> {
  for (let seed = 1; ; seed++) yield { path: seeds[seed % seeds.length], seed };
}

function* truncations(): Generator<Input> {
  for (let step = 1; ; step++) {
    const path = small[step % small.length];
    yield { path, truncate: Math.floor((fuzz.inputBytes({ path }).length * ((step * 0.618) % 1)) | 0) };
  }
}

describe("damaged files end in values or in an HDF5Error", () => {
  it("mutations", async () => {
    expect(await examineAll(mutations())).toBeGreaterThan(20);
  });

  it("truncations", async () => {
    expect(await examineAll(truncations())).toBeGreaterThan(20);
  });

  it("what escapes is noticed", async () => {
    const broken = {
      ...library,
      openSync: () => {
        throw new TypeError("a mistake");
      },
    };
    await expect(fuzz.examine(broken, new Uint8Array(8))).rejects.toThrow("a mistake");
  });
});
