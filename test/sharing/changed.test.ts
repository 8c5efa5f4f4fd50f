/** A file that another program has changed: what is refused, and how it goes on. */

import { appendFileSync, readFileSync, renameSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Dataset, HDF5File } from "../../src/format/index.js";
import { createSync, openSync } from "../../src/format/index.js";
import { failure } from "../support/failure.js";
import { SharedBytes } from "../support/shared-device.js";
import { openHandleSync, smallFile } from "./handles.js";
import { h5py, hasH5py, scratch } from "./programs.js";

/** Two handles of one small file. */
function pair(): { readonly shared: SharedBytes; readonly ours: HDF5File; readonly theirs: HDF5File } {
  const shared = new SharedBytes(smallFile("default"));
  const open = (): HDF5File => openHandleSync(shared.device({ versioned: true }));
  return { shared, ours: open(), theirs: open() };
}

function valuesOf(dataset: Dataset): unknown {
  return Array.from((dataset.readSync() as { readonly data: Int32Array }).data);
}

describe("a file that was changed and is reloaded", () => {
  it("keeps the winner's state, and drops what was staged", () => {
    const { shared, ours, theirs } = pair();
    ours.attrs.setSync("who", "ours");
    ours.createGroupSync("ours");
    theirs.attrs.setSync("who", "theirs");
    theirs.flushSync();
    const winner = shared.bytes;
    const refused = failure(() => ours.flushSync());
    expect(refused.code).toBe("changed");
    expect(refused.message).toContain("reload()");
    expect(failure(() => ours.flushSync()).code).toBe("changed");
    expect(shared.bytes).toEqual(winner);
    ours.reloadSync();
    expect(ours.attrs.getSync("who")).toBe("theirs");
    expect(ours.hasSync("ours")).toBe(false);
    ours.attrs.setSync("who", "ours again");
    ours.closeSync();
    expect(openSync(shared.bytes).attrs.getSync("who")).toBe("ours again");
  });

  it("close() says that nothing was stored", async () => {
    const { shared, ours, theirs } = pair();
    ours.createGroupSync("ours");
    theirs.createGroupSync("theirs");
    theirs.closeSync();
    await expect(ours.close()).rejects.toMatchObject({ code: "changed" });
    expect(ours.closed).toBe(true);
    expect(openSync(shared.bytes).keysSync()).not.toContain("ours");
  });

  it("handles show what their paths lead to now", () => {
    const { ours, theirs } = pair();
    const chunked = ours.datasetSync("chunked");
    const plain = ours.datasetSync("plain");
    const group = ours.groupSync("a");
    const { attrs } = ours.groupSync("b");
    const referred = ours.dereferenceSync(plain.reference());
    const staged = ours.createGroupSync("staged");
    theirs.datasetSync("chunked").appendSync([4, 5]);
    theirs.deleteSync("plain");
    theirs.createDatasetSync("plain", { data: ["another"] });
    theirs.deleteSync("a");
    theirs.groupSync("b").attrs.setSync("note", "new");
    theirs.flushSync();
    ours.reloadSync();
    expect(chunked.shape).toEqual([6]);
    expect(valuesOf(chunked)).toEqual([0, 1, 2, 3, 4, 5]);
    expect([plain.shape, plain.readSync([0])]).toEqual([[1], "another"]);
    expect(attrs.getSync("note")).toBe("new");
    expect(failure(() => group.keysSync()).code).toBe("not-found");
    expect(failure(() => group.attrs.keysSync()).code).toBe("not-found");
    expect(failure(() => staged.createGroupSync("below")).code).toBe("not-found");
    expect(["not-found", "ok"]).toContain(outcome(() => referred.address));
    chunked.appendSync([6]);
    attrs.setSync("note", "newer");
    ours.flushSync();
    theirs.reloadSync();
    expect(valuesOf(theirs.datasetSync("chunked"))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("a path that leads to another kind of object now has none of the handle's", () => {
    const { ours, theirs } = pair();
    const group = ours.groupSync("a");
    theirs.deleteSync("a");
    theirs.createDatasetSync("a", { data: [1] });
    theirs.flushSync();
    ours.reloadSync();
    expect(failure(() => group.keysSync())).toMatchObject({ code: "not-found", path: "/a" });
    expect(ours.datasetSync("a").shape).toEqual([1]);
  });

  it("bytes that were written early do not reach a file that has changed", () => {
    const { shared, ours, theirs } = pair();
    const large = new Int32Array(4 * 1024 * 1024);
    theirs.createGroupSync("theirs");
    theirs.flushSync();
    const before = shared.bytes;
    expect(outcome(() => ours.createDatasetSync("large", { data: large }))).toBe("changed");
    expect(shared.bytes).toEqual(before);
    ours.reloadSync();
    ours.createDatasetSync("large", { data: large });
    ours.closeSync();
    expect([...openSync(shared.bytes).keysSync()].sort()).toEqual([
      "a",
      "b",
      "chunked",
      "deflated",
      "large",
      "plain",
      "theirs",
    ]);
  });

  it("what one has written early and not committed is cut off by one that commits", () => {
    const { shared, ours, theirs } = pair();
    ours.createDatasetSync("large", { data: new Int32Array(4 * 1024 * 1024).fill(7) });
    theirs.reloadSync();
    theirs.createDatasetSync("zeros", { shape: [1000], dtype: "int32" });
    theirs.datasetSync("zeros").writeSync(1, [999]);
    theirs.closeSync();
    expect(failure(() => ours.flushSync()).code).toBe("changed");
    const zeros = valuesOf(openSync(shared.bytes).datasetSync("zeros")) as number[];
    expect(zeros.reduce((sum, value) => sum + value)).toBe(1);
  });

  it("a new file cannot be reloaded before its first flush, a reader never", () => {
    const file = createSync();
    expect(failure(() => file.reloadSync()).code).toBe("invalid-argument");
    file.createGroupSync("g");
    file.flushSync();
    file.createGroupSync("h");
    file.reloadSync();
    expect(file.keysSync()).toEqual(["g"]);
    expect(failure(() => openSync(file.bytes()).reloadSync()).code).toBe("read-only");
  });
});

describe("a local file", () => {
  const changes: Readonly<Record<string, (path: string) => void>> = {
    touched: (path) => utimesSync(path, 1, 1),
    longer: (path) => appendFileSync(path, "more"),
    shorter: (path) => truncateSync(path, 100),
    deleted: (path) => unlinkSync(path),
    replaced: (path) => {
      writeFileSync(`${path}.new`, smallFile("default"));
      renameSync(`${path}.new`, path);
    },
  };

  it.each(Object.keys(changes))("that was %s is not written to", (name) => {
    const path = scratch(`${name}.h5`);
    writeFileSync(path, smallFile("default"));
    const file = openSync(path, { mode: "r+" });
    file.createGroupSync("ours");
    changes[name](path);
    const before = name === "deleted" ? null : readFileSync(path);
    expect(failure(() => file.flushSync()).code).toBe("changed");
    if (before !== null) expect(readFileSync(path)).toEqual(before);
    if (name === "deleted") expect(failure(() => file.reloadSync()).code).toBe("not-found");
    else if (name === "shorter") expect(failure(() => file.reloadSync()).code).toBe("corrupt");
    else {
      file.reloadSync();
      file.createGroupSync("ours");
      file.flushSync();
      expect(openSync(path).hasSync("ours")).toBe(true);
    }
    file.abandonSync();
  });

  it.skipIf(!hasH5py)("that h5py has changed without a lock is not written to", async () => {
    const path = scratch("h5py.h5");
    writeFileSync(path, smallFile("earliest"));
    const file = openSync(path, { mode: "r+", locking: false });
    file.groupSync("a").createGroupSync("ours");
    const script = 'with h5py.File(args[0], "r+") as f: f["a/theirs"] = 1\nsay("done")';
    expect(await h5py(script, [path], { HDF5_USE_FILE_LOCKING: "FALSE" }).line()).toBe("done");
    expect(failure(() => file.flushSync()).code).toBe("changed");
    file.reloadSync();
    file.groupSync("a").createGroupSync("ours");
    file.closeSync();
    expect(openSync(path).groupSync("a").keysSync()).toEqual(["ours", "theirs"]);
  });

  it("that is to be replaced and was changed meanwhile is not replaced", () => {
    const path = scratch("target.h5");
    writeFileSync(path, smallFile("default"));
    const file = createSync(path, { overwrite: true });
    file.createGroupSync("new");
    appendFileSync(path, "more");
    expect(failure(() => file.flushSync()).code).toBe("changed");
    file.abandonSync();
    expect(openSync(path).keysSync()).toContain("plain");
  });
});

function outcome(action: () => unknown): string {
  try {
    action();
    return "ok";
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}
