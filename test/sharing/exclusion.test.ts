/** The file that keeps others of this library out while one writes: who is gone stops nobody. */

import { existsSync, lutimesSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { createSync, openSync } from "../../src/format/index.js";
import { exclusionPath, tryExclude } from "../../src/format/storage/exclusion-file.js";
import { processMark } from "../../src/format/storage/process-mark.js";
import { node, scratch } from "./programs.js";

function newFile(name: string): string {
  const path = scratch(name);
  createSync(path).closeSync();
  return path;
}

/** What is left beside a file. */
function beside(path: string): string[] {
  return readdirSync(dirname(path)).filter((name) => name !== basename(path) && name.includes(basename(path)));
}

describe("an exclusion file", () => {
  it("excludes others until it is removed", () => {
    const path = exclusionPath(newFile("excluded.h5"));
    const release = tryExclude(path);
    expect(readlinkSync(path)).toContain(`${process.pid}-`);
    expect(tryExclude(path)).toBeNull();
    release?.();
    expect(existsSync(path)).toBe(false);
    tryExclude(path)?.();
  });

  it("is not there between the writes of a session", () => {
    const path = newFile("between.h5");
    const file = openSync(path, { mode: "r+", locking: false });
    expect(beside(path)).toEqual([]);
    file.createGroupSync("g");
    file.flushSync();
    expect(beside(path)).toEqual([]);
    file.closeSync();
  });

  it.skipIf(process.platform !== "linux")("of a process that was killed is taken over, by one", async () => {
    const path = newFile("killed.h5");
    const mark = exclusionPath(path);
    const other = node(
      `const { writeFileSync, renameSync } = await import("node:fs");
       // Killed inside its commit.
       const fs = process.getBuiltinModule("node:fs");
       fs.fsyncSync = () => process.kill(process.pid, "SIGKILL");
       const file = format.openSync(args[0], { mode: "r+", locking: false });
       file.createGroupSync("lost");
       file.flushSync();`,
      [path],
    );
    await other.ended;
    expect(readlinkSync(mark)).toContain("-");
    const file = openSync(path, { mode: "r+", locking: false });
    file.createGroupSync("kept");
    file.closeSync();
    expect(openSync(path).hasSync("kept")).toBe(true);
    expect(beside(path)).toEqual([]);
  });

  it("of another machine counts for minutes, one without a name for a second", () => {
    const path = exclusionPath(newFile("foreign.h5"));
    const old = (seconds: number): void => {
      const then = Date.now() / 1000 - seconds;
      lutimesSync(path, then, then);
    };
    for (const [content, kept, over] of [
      ["1-1-ab another machine", 200, 400],
      ["", 0.2, 2],
    ] as const) {
      writeFileSync(path, content);
      old(kept);
      expect(tryExclude(path)).toBeNull();
      expect(readFileSync(path, "utf8")).toBe(content);
      old(over);
      const release = tryExclude(path);
      expect(release).not.toBeNull();
      expect(readlinkSync(path)).not.toBe(content);
      release?.();
      expect(existsSync(path)).toBe(false);
    }
  });

  it("of a living process counts, whoever asks", async () => {
    const path = newFile("living.h5");
    const mark = exclusionPath(path);
    const other = node(
      `const fs = process.getBuiltinModule("node:fs");
       const { fsyncSync } = fs;
       fs.fsyncSync = (descriptor) => { fs.fsyncSync = fsyncSync; fs.writeSync(1, "writing\\n"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500); fsyncSync(descriptor); };
       const file = format.openSync(args[0], { mode: "r+", locking: false });
       file.createGroupSync("theirs");
       file.closeSync();
       say("done");`,
      [path],
    );
    expect(await other.line()).toBe("writing");
    expect(tryExclude(mark)).toBeNull();
    const file = openSync(path, { mode: "r+", locking: false });
    file.createGroupSync("ours");
    file.closeSync();
    expect(await other.line()).toBe("done");
    expect([...openSync(path).keysSync()].sort()).toEqual(["ours", "theirs"]);
  });

  it("names its process", () => {
    expect(processMark()).toMatch(new RegExp(`^${process.pid}-\\d*-[0-9a-f]{9,} .`));
    expect(processMark().length).toBeLessThan(60);
  });
});
