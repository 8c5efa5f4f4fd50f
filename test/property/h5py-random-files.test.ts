import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

interface Difference {
  readonly path: string;
  readonly cause: string;
}
interface Checker {
  checkSeeds(
    first: number,
    count: number,
    options: {
      asynchronous?: boolean;
      report(seed: number, differences: readonly Difference[], lines: number): void;
    },
  ): Promise<void>;
}

const { checkSeeds } = (await import(new URL("check-random-files.mjs", import.meta.url).href)) as Checker;

const hasH5py = spawnSync("/usr/bin/python3", ["-c", "import h5py"]).status === 0;
if (!hasH5py) {
  if (process.env["CI"]) throw new Error("/usr/bin/python3 with h5py is required");
  console.warn("skipped: random files of h5py (/usr/bin/python3 has no h5py)");
}

/** The differences of some seeds by seed, and how many objects and links were compared. */
async function differencesOf(first: number, count: number, asynchronous: boolean) {
  const different: [number, readonly Difference[]][] = [];
  let lines = 0;
  await checkSeeds(first, count, {
    asynchronous,
    report(seed, differences, lineCount) {
      lines += lineCount;
      if (differences.length > 0) different.push([seed, differences.slice(0, 3)]);
    },
  });
  return { different, lines };
}

describe.skipIf(!hasH5py)("random files of h5py", () => {
  it("reads what libhdf5 reads, synchronously", { timeout: 300_000 }, async () => {
    const { different, lines } = await differencesOf(1, 20, false);
    expect(different).toEqual([]);
    expect(lines).toBeGreaterThan(500);
  });

  it("reads what libhdf5 reads through a source with nothing resident", { timeout: 300_000 }, async () => {
    const { different, lines } = await differencesOf(501, 5, true);
    expect(different).toEqual([]);
    expect(lines).toBeGreaterThan(20);
  });
});
