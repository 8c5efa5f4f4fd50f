import { describe, expect, it } from "vitest";
import { UnsupportedFeatureError } from "../../src/format/errors.js";
import { getFilter } from "../../src/format/filters/registry.js";

const modules = [
  [305, "lzo"],
  [307, "bzip2"],
  [32001, "blosc"],
  [32004, "lz4"],
  [32008, "bitshuffle"],
  [32013, "zfp"],
  [32015, "zstd"],
  [32018, "fcidecomp"],
  [32022, "bitround"],
  [32023, "bitround"],
  [32026, "blosc2"],
] as const;

describe("filters that are not built in", () => {
  it("the error names the module to import, whatever name is stored", () => {
    for (const [id, name] of modules) {
      expect(() => getFilter(id)).toThrow(UnsupportedFeatureError);
      expect(() => getFilter(id, "stored name")).toThrow(`import "jangada/filters/${name}"`);
    }
  });

  it.each(modules)("filter %i is added by importing jangada/filters/%s", async (id, name) => {
    const exported: Record<string, unknown> = await import(`../../src/filters/${name}.ts`);
    expect(Object.values(exported)).toContain(getFilter(id));
  });
});
