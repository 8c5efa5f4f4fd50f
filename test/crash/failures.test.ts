import { describe, expect, it } from "vitest";
import { HDF5Error } from "../../src/format/errors.js";
import type { HDF5File } from "../../src/format/file.js";
import { slice } from "../../src/format/selection/selection.js";
import type { Durability } from "../../src/format/storage/transaction.js";
import type { DeviceEvent } from "../support/recording-device.js";
import { RecordingDevice } from "../support/recording-device.js";
import { createOn, openImage, openOn } from "./files.js";
import { bases } from "./images.js";
import { scenarios } from "./scenarios.js";
import { problemIn, snapshotOf } from "./snapshot.js";

const start = bases[0].bytes();

function editNamed(name: string): (file: HDF5File) => void {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario "${name}"`);
  return found.edit;
}

const several = editNamed("several objects");
const appendStrings = editNamed("append strings");

type Kind = DeviceEvent["kind"];

const writing: readonly Kind[] = ["write", "truncate"];

/** Fails from the n-th request of some kinds on. */
class FailingDevice extends RecordingDevice {
  left: number;
  readonly #kinds: readonly Kind[];

  constructor(bytes: Uint8Array, left: number, kinds: readonly Kind[]) {
    super(bytes);
    this.left = left;
    this.#kinds = kinds;
  }

  #count(kind: Kind): void {
    if (this.#kinds.includes(kind) && this.left-- <= 0) throw new Error("the disk is full");
  }

  override writeSync(offset: number, bytes: Uint8Array, flip = false): void {
    this.#count("write");
    super.writeSync(offset, bytes, flip);
  }

  override truncateSync(size: number): void {
    this.#count("truncate");
    super.truncateSync(size);
  }

  override barrierSync(): void {
    this.#count("barrier");
    super.barrierSync();
  }
}

function errorOf(action: () => void): HDF5Error {
  try {
    action();
  } catch (error) {
    if (error instanceof HDF5Error) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a write that fails", () => {
  it("is an io error, after which the same flush succeeds; what was committed is intact meanwhile", () => {
    const whole = new RecordingDevice(start);
    const done = openOn(whole);
    several(done);
    done.flushSync();
    const before = snapshotOf(openImage(start));
    const after = snapshotOf(openImage(whole.bytes()));
    const requests = whole.events.filter(({ kind }) => kind !== "barrier").length;
    for (let left = 0; left < requests; left++) {
      const device = new FailingDevice(start, left, writing);
      const file = openOn(device);
      several(file);
      for (let repeat = 0; repeat < 2; repeat++) {
        device.left = repeat === 0 ? left : 0;
        expect(errorOf(() => file.flushSync()).code).toBe("io");
        expect(problemIn(snapshotOf(openImage(device.bytes())), before, after)).toBeNull();
      }
      device.left = Number.POSITIVE_INFINITY;
      file.flushSync();
      expect(snapshotOf(openImage(device.bytes()))).toEqual(after);
      file.attrs.setSync("next", left);
      file.closeSync();
      expect(openImage(device.bytes()).attrs.getSync("next")).toBe(left);
    }
  });

  it("is made up for by a flush of that and of later changes to the same objects", () => {
    const more = (file: HDF5File): void => {
      file.attrs.setSync("title", "another title");
      file.getSync("noted").attrs.setSync("note1", "once more");
      appendStrings(file);
      file.createHardLinkSync("few/again", file.getSync("plain"));
      file.deleteSync("few/new");
    };
    const whole = new RecordingDevice(start);
    const done = openOn(whole);
    several(done);
    done.flushSync();
    const requests = whole.events.filter(({ kind }) => kind !== "barrier").length;
    more(done);
    done.closeSync();
    const expected = snapshotOf(openImage(whole.bytes()));
    for (let left = 0; left < requests; left++) {
      const device = new FailingDevice(start, left, writing);
      const file = openOn(device);
      several(file);
      expect(errorOf(() => file.flushSync()).code).toBe("io");
      device.left = Number.POSITIVE_INFINITY;
      more(file);
      file.closeSync();
      expect(snapshotOf(openImage(device.bytes()))).toEqual(expected);
    }
  });

  it("rejects a flush that is awaited too, which can be repeated", async () => {
    const device = new FailingDevice(start, 1, writing);
    const file = openOn(device);
    several(file);
    await expect(file.flush()).rejects.toMatchObject({ code: "io" });
    await expect(file.flush()).rejects.toMatchObject({ code: "io" });
    device.left = Number.POSITIVE_INFINITY;
    await file.flush();
    await file.close();
    expect(openImage(device.bytes()).attrs.getSync("title")).toBe("a file");
  });

  it("at closing is an error that says what is lost, and the file is closed", async () => {
    for (const close of [(file: HDF5File) => file.close(), async (file: HDF5File) => file.closeSync()]) {
      const device = new FailingDevice(start, 1, writing);
      const file = openOn(device);
      several(file);
      await expect(close(file)).rejects.toMatchObject({
        code: "io",
        message: expect.stringMatching(/changed since the last flush is not safely stored.*the disk is full/),
      });
      expect(file.closed).toBe(true);
      await file.close();
      await expect(file.flush()).rejects.toMatchObject({ code: "closed" });
      expect(snapshotOf(openImage(device.bytes()))).toEqual(snapshotOf(openImage(start)));
    }
  });
});

describe("a barrier that fails", () => {
  it("ends the session: changes, flushing and closing are refused at once, reading is not", () => {
    const whole = new RecordingDevice(start);
    const done = openOn(whole);
    several(done);
    done.flushSync();
    const before = snapshotOf(openImage(start));
    const after = snapshotOf(openImage(whole.bytes()));
    const barriers = whole.events.filter(({ kind }) => kind === "barrier").length;
    expect(barriers).toBeGreaterThan(2);
    for (let left = 0; left < barriers; left++) {
      const device = new FailingDevice(start, left, ["barrier"]);
      const file = openOn(device);
      several(file);
      expect(errorOf(() => file.flushSync())).toMatchObject({
        code: "io",
        message: expect.stringMatching(/syncing failed/),
      });
      const written = device.events.length;
      device.left = Number.POSITIVE_INFINITY;
      const refused = [
        () => file.flushSync(),
        () => file.attrs.setSync("late", 1),
        () => file.createGroupSync("late"),
        () => file.deleteSync("few"),
        () => several(file),
        () => file.closeSync(),
      ];
      for (const call of refused) {
        expect(errorOf(call)).toMatchObject({ code: "io", message: expect.stringMatching(/syncing failed/) });
      }
      expect(file.closed).toBe(true);
      expect(device.events).toHaveLength(written);
      expect(problemIn(snapshotOf(openImage(device.bytes())), before, after)).toBeNull();
    }
  });
});

describe("abandon", () => {
  it.each(scenarios.map(({ name, edit }) => [name, edit] as const))("leaves every byte as it was: %s", (_, edit) => {
    const device = new RecordingDevice(start);
    const file = openOn(device);
    edit(file);
    file.abandonSync();
    expect(device.bytes().subarray(0, start.length)).toEqual(start);
  });

  it("keeps what was flushed, and raw data that were read back or too long to keep", () => {
    const device = new RecordingDevice(start);
    const file = openOn(device);
    file.attrs.setSync("kept", 1);
    file.flushSync();
    file.attrs.setSync("kept", 2);
    const plain = file.getSync("plain");
    if (plain.kind !== "dataset") throw new Error("plain is a dataset");
    plain.writeSync(Float64Array.of(-1), [slice(3, 4)]);
    plain.readSync();
    file.abandonSync();
    const left = openImage(device.bytes());
    expect(left.attrs.getSync("kept")).toBe(1);
    expect(snapshotOf(left).get("/plain")?.elements[3]).toBe("-1");
  });

  it("of a new file leaves nothing that opens", () => {
    const device = new RecordingDevice();
    const file = createOn(device);
    file.createDatasetSync("data", { data: new Float64Array(3_000_000) });
    file.abandonSync();
    expect(errorOf(() => openImage(device.bytes())).code).toBe("corrupt");
  });
});

describe("durability", () => {
  function barriersOf(durability: Durability, edit: (file: HDF5File) => void): { flush: number; close: number } {
    const device = new RecordingDevice(start);
    const file = openOn(device, { durability });
    edit(file);
    file.flushSync();
    const flush = device.events.filter(({ kind }) => kind === "barrier").length;
    const last = device.events[device.events.length - 1];
    if (durability === "full") expect(last.kind).toBe("barrier");
    file.closeSync();
    return { flush, close: device.events.filter(({ kind }) => kind === "barrier").length - flush };
  }

  it("full: a barrier after the new bytes, the end of file, overwrites, and flips", () => {
    expect(barriersOf("full", (file) => file.createGroupSync("few/new"))).toEqual({ flush: 3, close: 0 });
    expect(barriersOf("full", appendStrings)).toEqual({ flush: 4, close: 0 });
  });

  it("full: a barrier even when all was written early", () => {
    const overwrite = (file: HDF5File): void => {
      const plain = file.getSync("plain");
      if (plain.kind !== "dataset") throw new Error("plain is a dataset");
      plain.writeSync(Float64Array.of(-1), [slice(3, 4)]);
      plain.readSync();
    };
    expect(barriersOf("full", overwrite)).toEqual({ flush: 1, close: 0 });
  });

  it("process: none", () => {
    expect(barriersOf("process", several)).toEqual({ flush: 0, close: 0 });
  });

  it("onClose: one when the file is closed", () => {
    expect(barriersOf("onClose", several)).toEqual({ flush: 0, close: 1 });
  });

  it("writes in the same order whatever it is", () => {
    const writes = (["full", "process", "onClose"] as const).map((durability) => {
      const device = new RecordingDevice(start);
      const file = openOn(device, { durability });
      several(file);
      file.flushSync();
      return device.events.filter(({ kind }) => kind !== "barrier");
    });
    expect(writes[1]).toEqual(writes[0]);
    expect(writes[2]).toEqual(writes[0]);
  });
});
