import { describe, expect, it } from "vitest";
import type { HDF5Error } from "../../src/format/errors.js";
import { runAsync } from "../../src/format/storage/drivers.js";
import { NotLoaded, OnDemand } from "../../src/format/storage/on-demand.js";
import { NothingResidentSource, nothingResidentHost } from "../support/nothing-resident-source.js";

describe("a part that is loaded on demand", () => {
  const host = nothingResidentHost(new NothingResidentSource(new Uint8Array(1)));

  it("is there once something waited for it", async () => {
    let loads = 0;
    const part = new OnDemand("rare data", async () => ++loads);
    expect(() => part.get()).toThrow(NotLoaded);
    expect(await runAsync(part.wait(), host)).toBe(1);
    expect(part.get()).toBe(1);
    expect(await runAsync(part.wait(), host)).toBe(1);
    expect(await part.load()).toBe(1);
  });

  it("says that it cannot be loaded, and may be loaded later", async () => {
    const cause = new TypeError("failed to fetch");
    let fails = true;
    const part = new OnDemand("rare data", async () => {
      if (fails) throw cause;
      return "part";
    });
    const failure: Partial<HDF5Error> = { code: "io", cause };
    await expect(part.load()).rejects.toMatchObject(failure);
    await expect(runAsync(part.wait(), host)).rejects.toMatchObject(failure);
    await expect(runAsync(part.wait(), host)).rejects.toThrow(
      "the part of this library for rare data cannot be loaded: failed to fetch",
    );
    fails = false;
    expect(await runAsync(part.wait(), host)).toBe("part");
  });
});
