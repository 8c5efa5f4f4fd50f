/** libhdf5's own locks: h5py and this library keep each other out. */

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import { create, createSync, open, openSync } from "../../src/format/index.js";
import { h5py, h5pyClose, h5pyOpen, h5pyOpening, hasH5py, node, scratch } from "./programs.js";

const faces = [
  { name: "asynchronous", open, create },
  { name: "synchronous", open: openSync, create: createSync },
] as const;

// The object that the library uses at run time.
const fs = process.getBuiltinModule("node:fs");
const locked = expect.objectContaining({ code: "locked" });
const refusal = expect.stringContaining("unable to lock file");
const variable = "HDF5_USE_FILE_LOCKING";

/** What an attempt to open a file ends with. */
async function opening(attempt: () => HDF5File | Promise<HDF5File>): Promise<unknown> {
  try {
    await (await attempt()).close();
    return "ok";
  } catch (error) {
    return error;
  }
}

function newFile(name: string): string {
  const path = scratch(name);
  const file = createSync(path);
  file.createDatasetSync("x", { data: [1, 2, 3], maxShape: [null] });
  file.closeSync();
  return path;
}

afterEach(() => {
  delete process.env[variable];
});

describe.skipIf(!hasH5py || process.platform !== "linux").each(faces)("locks ($name)", (face) => {
  it.each(["r+", "a"] as const)(
    "h5py is refused while a file is open here with %s, and gets in afterwards",
    async (mode) => {
      const path = newFile(`ours-${face.name}-${mode[0]}.h5`);
      const file = await face.open(path, { mode });
      for (const theirs of ["r", "r+"]) expect(await h5pyOpening(path, theirs)).toEqual(refusal);
      await file.close();
      expect(await h5pyOpening(path, "r+")).toBe("ok");
      const again = await face.open(path, { mode });
      await again.abandon();
      expect(await h5pyOpening(path, "r+")).toBe("ok");
    },
  );

  it.each(["r", "r+"])("a file that h5py has open with %s is locked here until it is closed", async (theirs) => {
    const path = newFile(`theirs-${face.name}-${theirs.length}.h5`);
    expect(await h5pyOpen(path, theirs)).toBe("ok");
    const before = readFileSync(path);
    const error = await opening(() => face.open(path, { mode: "r+" }));
    expect(error).toEqual(locked);
    expect((error as Error).message).toContain(path);
    expect((error as Error).message).toContain("locking: false");
    expect(await opening(() => face.create(path, { overwrite: true }))).toEqual(locked);
    expect(await opening(() => face.open(path, { mode: "r", locking: true }))).toEqual(theirs === "r" ? "ok" : locked);
    // A reader that does not ask for a lock is not kept out.
    expect(await opening(() => face.open(path))).toBe("ok");
    expect(readFileSync(path)).toEqual(before);
    await h5pyClose();
    expect(await opening(() => face.open(path, { mode: "r+" }))).toBe("ok");
    expect(await opening(() => face.create(path, { overwrite: true }))).toBe("ok");
  });

  it("a reader that asks for it keeps writers out and readers in", async () => {
    const path = newFile(`reader-${face.name}.h5`);
    const plain = await face.open(path);
    expect(await h5pyOpening(path, "r+")).toBe("ok");
    await plain.close();
    const reader = await face.open(path, { locking: true });
    expect(await h5pyOpening(path, "r+")).toEqual(refusal);
    expect(await h5pyOpening(path, "r")).toBe("ok");
    expect(await opening(() => face.open(path, { mode: "r+" }))).toEqual(locked);
    await reader.close();
    expect(await opening(() => face.open(path, { mode: "r+" }))).toBe("ok");
  });

  it("a file is locked from its creation on", async () => {
    const path = scratch(`created-${face.name}.h5`);
    const file = await face.create(path);
    // libhdf5 empties the file before it asks for the lock: there is nothing in it yet.
    expect(await h5pyOpening(path, "w")).toEqual(refusal);
    await file.flush();
    expect(await h5pyOpening(path, "r")).toEqual(refusal);
    await file.close();
    expect(await h5pyOpening(path, "r")).toBe("ok");
  });

  it("a file that replaces another is locked before, during and after that", async () => {
    const path = newFile(`replaced-${face.name}.h5`);
    const file = await face.create(path, { overwrite: true });
    expect(await h5pyOpening(path, "r+")).toEqual(refusal);
    await file.createGroup("new");
    await file.flush();
    expect(await h5pyOpening(path, "r+")).toEqual(refusal);
    await file.close();
    expect(await h5pyOpening(path, "r+")).toBe("ok");
    const again = await face.create(path, { overwrite: true });
    await again.abandon();
    expect(await h5pyOpening(path, "r+")).toBe("ok");
    expect(openSync(path).keysSync()).toEqual(["new"]);
  });

  it("a process that is killed leaves no lock", async () => {
    const path = newFile(`killed-${face.name}.h5`);
    const holder = node('const file = await format.open(args[0], { mode: "r+" }); say("open"); await goOn();', [path]);
    expect(await holder.line()).toBe("open");
    expect(await opening(() => face.open(path, { mode: "r+" }))).toEqual(locked);
    holder.kill();
    await holder.ended;
    expect(await opening(() => face.open(path, { mode: "r+" }))).toBe("ok");
  });

  it("locking: false takes no lock and respects none", async () => {
    const path = newFile(`off-${face.name}.h5`);
    expect(await h5pyOpen(path, "r")).toBe("ok");
    const file = await face.open(path, { mode: "r+", locking: false });
    await h5pyClose();
    expect(await h5pyOpening(path, "r")).toBe("ok");
    await file.close();
  });

  it(`${variable} decides, as in libhdf5`, async () => {
    const path = newFile(`variable-${face.name}.h5`);
    expect(await h5pyOpen(path, "r+")).toBe("ok");
    for (const off of ["FALSE", "0"]) {
      process.env[variable] = off;
      expect(await opening(() => face.open(path, { locking: true }))).toBe("ok");
      expect(await opening(() => face.open(path, { mode: "r+", locking: true }))).toBe("ok");
    }
    process.env[variable] = "BEST_EFFORT";
    expect(await opening(() => face.open(path, { mode: "r+", locking: false }))).toEqual(locked);
    for (const on of ["TRUE", "1"]) {
      process.env[variable] = on;
      expect(await opening(() => face.open(path, { mode: "r+", locking: false }))).toEqual(locked);
      expect(await opening(() => face.open(path))).toEqual(locked);
    }
    await h5pyClose();
  });

  it("the file that is locked is the one that is there", async () => {
    const path = newFile(`moved-${face.name}.h5`);
    const other = createSync(`${path}.new`);
    other.createGroupSync("the new one");
    other.closeSync();
    // Another program replaces the file between its opening and its locking.
    const replace = (): void => renameSync(`${path}.new`, path);
    const { open: openLater, openSync: openNow } = fs;
    fs.openSync = (...args) => {
      fs.openSync = openNow;
      const descriptor = openNow(...args);
      replace();
      return descriptor;
    };
    fs.open = ((name: string, flags: string, done: (error: Error | null, descriptor: number) => void) => {
      fs.open = openLater;
      openLater(name, flags, (error, descriptor) => {
        replace();
        done(error, descriptor);
      });
    }) as typeof fs.open;
    try {
      const file = await face.open(path, { mode: "r+" });
      expect(existsSync(`${path}.new`)).toBe(false);
      expect(file.keysSync()).toEqual(["the new one"]);
      expect(await h5pyOpening(path, "r+")).toEqual(refusal);
      await file.close();
    } finally {
      Object.assign(fs, { open: openLater, openSync: openNow });
    }
  });

  it("an attempt that fails leaves neither a lock nor a file", async () => {
    const path = scratch(`no-hdf5-${face.name}`);
    writeFileSync(path, "no HDF5 at all");
    expect(await opening(() => face.open(path, { mode: "r+" }))).toMatchObject({ code: "corrupt" });
    const holder = h5py(
      "import fcntl\nf = open(args[0], 'r+')\nfcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\nsay('locked')\ngo_on()",
      [path],
    );
    expect(await holder.line()).toBe("locked");
    expect(await opening(() => face.create(path, { overwrite: true }))).toEqual(locked);
    await holder.finish();
    expect(existsSync(path)).toBe(true);
  });
});

it("a value of locking that is none is refused", async () => {
  const path = newFile("value.h5");
  const wrong = { mode: "r+", locking: "yes" } as unknown as { readonly mode: "r+" };
  expect(await opening(() => open(path, wrong))).toMatchObject({ code: "invalid-argument" });
  expect(await opening(() => openSync(path, wrong))).toMatchObject({ code: "invalid-argument" });
  expect(await opening(() => openSync(path, { ...wrong, mode: "r+" }))).toMatchObject({ code: "invalid-argument" });
});
