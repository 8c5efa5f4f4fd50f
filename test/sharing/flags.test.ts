/** The superblock's marks of a file that is open for writing: whom they keep out, and how they are cleared. */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { open, openSync } from "../../src/format/index.js";
import { lookup3 } from "../../src/format/structures/checksum.js";
import { failure } from "../support/failure.js";
import { h5py, h5pyOpening, hasH5py, scratch } from "./programs.js";

const faces = [
  { name: "asynchronous", open },
  { name: "synchronous", open: openSync },
] as const;

const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../golden-files/${name}`, import.meta.url)));

/** A file with its consistency flags set, the superblock at 0. */
function marked(bytes: Uint8Array, flags: number): Uint8Array {
  const result = bytes.slice();
  const view = new DataView(result.buffer);
  if (result[8] < 2) view.setUint32(20, flags, true);
  else {
    result[11] = flags;
    view.setUint32(44, lookup3(result.subarray(0, 44)), true);
  }
  return result;
}

const versions = [0, 1, 2, 3] as const;
const base = (version: number): Uint8Array => golden(`superblock-${version}.h5`);
const cases = versions.flatMap((version) => [1, 2, 3, 4, 5, 7].map((flags) => ({ version, flags })));

describe.each(faces)("superblock flags ($name)", (face) => {
  it.each(cases.filter(({ version, flags }) => version < 3 || flags === 2))(
    "version $version ignores flags $flags",
    async ({ version, flags }) => {
      const path = scratch(`ignored-${face.name}-${version}-${flags}.h5`);
      writeFileSync(path, marked(base(version), flags));
      await (await face.open(path)).close();
      const file = await face.open(path, { mode: "r+" });
      expect([file.editable, file.editObstacle]).toEqual([true, null]);
      await file.attrs.set("b", 2);
      await file.close();
      expect(await (await face.open(path)).attrs.get("b")).toBe(2);
      if (hasH5py) expect(await h5pyOpening(path, "r+")).toBe("ok");
    },
  );

  it.skipIf(!hasH5py).each(cases.filter(({ version, flags }) => version === 3 && flags !== 2))(
    "version $version with flags $flags is refused, as libhdf5 does, until they are cleared",
    async ({ version, flags }) => {
      const path = scratch(`refused-${face.name}-${version}-${flags}.h5`);
      const bytes = marked(base(version), flags);
      writeFileSync(path, bytes);
      for (const mode of ["r", "r+"] as const) {
        expect(await h5pyOpening(path, mode)).toContain("already open for write");
        const attempt = async (): Promise<unknown> => await face.open(path, { mode });
        await expect(attempt()).rejects.toMatchObject({
          code: "locked",
          message: expect.stringMatching(/h5clear -s.*clearFlags: true/),
        });
      }
      expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
      const reader = await face.open(path, { clearFlags: true });
      expect(await reader.keys()).toEqual(await openSync(base(version)).keys());
      expect(reader.superblock.consistencyFlags).toBe(flags);
      await reader.close();
      // Nothing is written by a reader.
      expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
      const file = await face.open(path, { mode: "r+", clearFlags: true });
      expect([file.editable, file.superblock.consistencyFlags]).toEqual([true, 0]);
      await file.close();
      expect(new Uint8Array(readFileSync(path))).toEqual(marked(base(version), 0));
      expect(await h5pyOpening(path, "r+")).toBe("ok");
    },
  );

  it.skipIf(!hasH5py).each(["earliest", "latest"])(
    "a file that a killed h5py left is opened (libver %s)",
    async (libver) => {
      const path = scratch(`killed-${face.name}-${libver}.h5`);
      const program = h5py(
        `
f = h5py.File(args[0], "w", libver=args[1])
f["x"] = [1, 2, 3]
f.flush()
say("flushed")
go_on()`,
        [path, libver],
      );
      expect(await program.line()).toBe("flushed");
      program.kill();
      await program.ended;
      const isMarked = libver === "latest";
      if (isMarked) {
        expect(await h5pyOpening(path, "r")).toContain("already open for write");
        await expect((async () => await face.open(path))()).rejects.toMatchObject({ code: "locked" });
        if (face.name === "synchronous") expect(spawnSync("h5clear", ["-s", path]).status).toBe(0);
      }
      const file = await face.open(path, { mode: "r+", clearFlags: isMarked && face.name === "asynchronous" });
      expect(file.editable).toBe(true);
      await file.createGroup("added");
      await file.close();
      expect(await h5pyOpening(path, "r+")).toBe("ok");
    },
  );
});

describe("a file that is opened for changes says at once whether it can be changed", () => {
  it("an ordinary file", () => {
    const reader = openSync(golden("compounds.h5"));
    expect([reader.writable, reader.editable, reader.editObstacle]).toEqual([false, false, "a file open for reading"]);
    const file = openSync(golden("compounds.h5"), { mode: "r+" });
    expect([file.writable, file.editable, file.editObstacle]).toEqual([true, true, null]);
    file.closeSync();
    expect(file.editable).toBe(false);
  });

  it.skipIf(!hasH5py)("one whose space management this library does not keep up", async () => {
    const path = scratch("paged.h5");
    const script = `
with h5py.File(args[0], "w", fs_strategy="page", fs_page_size=4096) as f: f["x"] = [1]
say("done")`;
    expect(await h5py(script, [path]).line()).toBe("done");
    const file = openSync(path, { mode: "r+" });
    expect([file.writable, file.editable, file.editObstacle]).toEqual([true, false, "a file with paged file space"]);
    const refused = failure(() => file.createGroupSync("g"));
    expect(refused.code).toBe("unsupported");
    expect(refused.message).toContain(file.editObstacle);
    file.closeSync();
  });
});
