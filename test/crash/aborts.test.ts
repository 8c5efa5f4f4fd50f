import { describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/file.js";
import { editor } from "../../src/format/objects/editor.js";
import { hostFor } from "../../src/format/objects/open-state.js";
import { openFile } from "../../src/format/open-file.js";
import { slice } from "../../src/format/selection/selection.js";
import type { Device } from "../../src/format/storage/device.js";
import { runAsync } from "../../src/format/storage/drivers.js";
import { FaultyDevice } from "../support/faulty-device.js";
import { openImage } from "./files.js";
import { bases } from "./images.js";
import type { Snapshot } from "./snapshot.js";
import { problemIn, snapshotOf } from "./snapshot.js";

const start = bases[0].bytes();

function opened(device: Device): Promise<HDF5File> {
  const host = hostFor(device, {});
  return runAsync(openFile(host, { mode: "r+" }, { editor, foreign: null }, {}), host);
}

/** Changes of every kind of object, staged. */
async function stage(file: HDF5File): Promise<void> {
  for (const name of ["filtered", "unfiltered", "lines", "plain", "noted"]) {
    const dataset = await file.get(name);
    if (dataset.kind !== "dataset") throw new Error(`${name} is not a dataset`);
    if (name === "lines") await dataset.append(["a line", "another line"]);
    else if (name !== "plain" && name !== "noted") await dataset.append(Int32Array.of(7, 8, 9));
    await dataset.write(name === "lines" ? "the first" : -1, [slice(0, 2)]);
    await dataset.attrs.set("note1", `changed ${name}`);
  }
  await file.createDataset("few/new", { data: Float64Array.of(1, 2, 3) });
  await file.createHardLink("wide/again", await file.get("plain"));
  await file.delete("few/child2");
}

async function committed(): Promise<Snapshot> {
  const device = new FaultyDevice(start, false);
  const file = await opened(device);
  await stage(file);
  await file.close();
  return snapshotOf(openImage(device.bytes()));
}

/** Stops a call at its n-th request, as that begins; answers how many it made. */
async function abortAt(
  device: FaultyDevice,
  request: number,
  call: (signal: AbortSignal) => Promise<unknown>,
): Promise<{ readonly requests: number; readonly outcome: unknown }> {
  const controller = new AbortController();
  device.watch((_, index) => {
    if (index === request) controller.abort("enough");
  });
  const outcome = await call(controller.signal).then(
    () => "resolved",
    (error: unknown) => error,
  );
  const requests = device.calls;
  device.watch(null);
  return { requests, outcome };
}

describe("an abort while staged bytes are written", () => {
  it("during a flush, at each of its requests, costs nothing: the flush can be repeated", async () => {
    const before = snapshotOf(openImage(start));
    const after = await committed();
    let aborted = 0;
    for (let request = 0; ; request++) {
      const device = new FaultyDevice(start, false);
      const file = await opened(device);
      await stage(file);
      const { requests, outcome } = await abortAt(device, request, (signal) => file.flush({ signal }));
      if (requests <= request) {
        expect(outcome).toBe("resolved");
        break;
      }
      if (outcome !== "resolved") {
        expect(outcome).toMatchObject({ code: "aborted", cause: "enough" });
        aborted++;
      }
      expect(problemIn(snapshotOf(openImage(device.bytes())), before, after)).toBeNull();
      await file.flush();
      await file.attrs.set("next", request);
      await file.close();
      const image = openImage(device.bytes());
      expect(image.attrs.getSync("next")).toBe(request);
      image.close();
    }
    expect(aborted).toBeGreaterThan(10);
  });

  it("during a flush, followed by other changes, loses neither these nor what was aborted", async () => {
    const expected = snapshotOf(openImage(await editedTwice(null)));
    for (let request = 0; request < 30; request++) {
      expect(snapshotOf(openImage(await editedTwice(request)))).toEqual(expected);
    }
  });

  async function editedTwice(request: number | null): Promise<Uint8Array> {
    const device = new FaultyDevice(start, false);
    const file = await opened(device);
    await stage(file);
    if (request !== null) await abortAt(device, request, (signal) => file.flush({ signal }));
    const plain = await file.get("plain");
    await plain.attrs.set("note1", "changed again");
    await plain.attrs.set("note2", "and more");
    await file.delete("wide/again");
    await file.createGroup("few/child2");
    await file.close();
    return device.bytes();
  }

  it("during a read of what is staged costs nothing", async () => {
    for (let request = 0; ; request++) {
      const device = new FaultyDevice(start, false);
      const file = await opened(device);
      const plain = await file.get("plain");
      if (plain.kind !== "dataset") throw new Error("plain is not a dataset");
      await plain.write(-7, [slice(10, 20)]);
      const { requests, outcome } = await abortAt(device, request, (signal) => plain.read(null, { signal }));
      const kept = Array.from((await plain.read([slice(9, 21)])).data as Float64Array);
      expect(kept).toEqual([9, -7, -7, -7, -7, -7, -7, -7, -7, -7, -7, 20]);
      await file.attrs.set("next", 1);
      await file.flush();
      await file.close();
      expect(snapshotOf(openImage(device.bytes())).get("/plain")?.elements[15]).toBe("-7");
      if (requests <= request) {
        expect(outcome).toBe("resolved");
        break;
      }
    }
  });

  it("before the call does nothing at all", async () => {
    const device = new FaultyDevice(start, false);
    const file = await opened(device);
    const signal = AbortSignal.abort("early");
    await expect(file.attrs.set("late", 1, { signal })).rejects.toMatchObject({ code: "aborted", cause: "early" });
    await expect(file.flush({ signal })).rejects.toMatchObject({ code: "aborted" });
    expect(await file.attrs.has("late")).toBe(false);
    await file.close();
    expect(device.written).toBe(0);
  });
});
