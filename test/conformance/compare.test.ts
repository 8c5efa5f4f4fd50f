import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

interface Difference {
  readonly path: string;
  readonly cause: string;
  readonly error?: string;
}
const { compareFiles, verdict } = (await import(new URL("../../conformance/compare.mjs", import.meta.url).href)) as {
  compareFiles(expected: string, ours: string): Difference[];
  verdict(differences: readonly Difference[]): string;
};

const directory = mkdtempSync(join(tmpdir(), "compare-"));
afterAll(() => rmSync(directory, { recursive: true }));

type Line = Readonly<Record<string, unknown>>;

function compare(expected: readonly Line[], ours: readonly Line[]): Difference[] {
  const [a, b] = [join(directory, "a.jsonl"), join(directory, "b.jsonl")];
  writeFileSync(a, expected.map((line) => JSON.stringify(line)).join("\n"));
  writeFileSync(b, ours.map((line) => JSON.stringify(line)).join("\n"));
  return compareFiles(a, b);
}

const root = { path: "/", kind: "group", attrs: [] };
const dataset = {
  path: "/d",
  kind: "dataset",
  attrs: [],
  dtype: { class: "int" },
  sha256: "00",
  nbytes: 1,
  sample: [1],
};

describe("the comparison of lines", () => {
  it("ignores samples and byte counts", () => {
    const differences = compare([root, dataset], [root, { ...dataset, sample: [], nbytes: 2 }]);
    expect(differences).toEqual([]);
    expect(verdict(differences)).toBe("identical");
  });

  it("finds values, keys, paths and order", () => {
    const causes = (...ours: Line[]) => compare([root, dataset], ours).map(({ cause }) => cause);
    expect(causes(root, { ...dataset, sha256: "01" })).toEqual(["value"]);
    expect(causes(root, { ...dataset, dtype: { class: "float" } })).toEqual(["dtype"]);
    expect(causes(root)).toEqual(["missing-path"]);
    expect(causes(root, dataset, { ...dataset, path: "/e" })).toEqual(["extra-path"]);
    expect(causes(dataset, root)).toEqual(["line-order"]);
  });

  it("compares attributes by name", () => {
    const attribute = { name: "a", shape: [], sha256: "00" };
    const other = { name: "b", shape: [], sha256: "00" };
    const causes = (expected: unknown, ours: unknown) =>
      compare([{ ...root, attrs: expected }], [{ ...root, attrs: ours }]).map(({ cause }) => cause);
    expect(causes([attribute], [{ ...attribute, sha256: "01" }])).toEqual(["attribute-value"]);
    expect(causes([attribute, other], [attribute])).toEqual(["attribute-missing"]);
    expect(causes([attribute], [attribute, other])).toEqual(["attribute-extra"]);
    expect(causes([attribute, other], [other, attribute])).toEqual(["attribute-order"]);
    expect(causes({ error: "attrs" }, [attribute])).toEqual([]);
  });

  it("forgives what the other side could not read", () => {
    expect(compare([root, { path: "/d", kind: "error", error: "open" }], [root, dataset])).toEqual([]);
    expect(compare([{ path: "/", kind: "error", error: "file" }], [root, dataset])).toEqual([]);
  });

  it("counts a file as unsupported only when each difference is such an error", () => {
    const unsupported = { path: "/d", kind: "error", error: "unsupported" };
    const nested = { ...dataset, path: "/g/d" };
    const group = { path: "/g", kind: "group", attrs: [] };
    expect(verdict(compare([root, dataset], [root, unsupported]))).toBe("unsupported");
    expect(verdict(compare([root, dataset], [root, { ...unsupported, error: "corrupt" }]))).toBe("wrong");
    expect(verdict(compare([root, dataset], [{ path: "/", kind: "error", error: "unsupported" }]))).toBe("unsupported");
    expect(verdict(compare([root, group, nested], [root, { ...group, error: "unsupported" }]))).toBe("unsupported");
    expect(verdict(compare([root, group, nested], [root, group]))).toBe("wrong");
    const mixed = compare([root, dataset, group], [root, unsupported, { ...group, attrs: [{ name: "x" }] }]);
    expect(verdict(mixed)).toBe("wrong");
  });
});
