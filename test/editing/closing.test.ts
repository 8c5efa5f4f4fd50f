import { describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import { create, createSync, open } from "../../src/format/index.js";
import { failure } from "../support/failure.js";

const closed = { code: "closed" };

async function small(): Promise<Uint8Array> {
  const file = await create();
  await file.createDataset("g/d", { data: Float64Array.of(1, 2, 3), maxShape: [null] });
  await file.attrs.set("a", 1);
  await file.close();
  return file.bytes();
}

/** Every call that could come too late, by its promise. */
async function lateCalls(file: HDF5File): Promise<(() => Promise<unknown>)[]> {
  const group = await file.get("g");
  const dataset = await file.get("g/d");
  if (group.kind !== "group" || dataset.kind !== "dataset") throw new Error("wrong kinds");
  return [
    () => file.flush(),
    () => file.get("g"),
    () => file.attrs.set("b", 2),
    () => file.attrs.get("a"),
    () => group.createGroup("late"),
    () => group.keys(),
    () => group.attrs.set("b", 2),
    () => dataset.append(Float64Array.of(4)),
    () => dataset.write(0),
    () => dataset.read(),
    () => dataset.attrs.delete("b"),
    () => dataset.resize([1]),
    () => file.createSoftLink("s", "g"),
    () => group.delete("d"),
  ];
}

describe("from the call of close", () => {
  it("later calls are refused, and what was called before is stored", async () => {
    const file = await open(await small(), { mode: "r+" });
    const late = await lateCalls(file);
    const dataset = await file.get("g/d");
    if (dataset.kind !== "dataset") throw new Error("not a dataset");
    const before = [dataset.append(Float64Array.of(4)), file.attrs.set("b", "before"), file.createGroup("new")];
    const closing = file.close();
    expect(file.closed).toBe(true);
    const refused = late.map((call) => call());
    for (const call of refused) await expect(call).rejects.toMatchObject(closed);
    await Promise.all(before);
    await closing;
    for (const call of late) await expect(call()).rejects.toMatchObject(closed);
    const again = await open(file.bytes());
    expect(await again.attrs.get("b")).toBe("before");
    expect(await again.keys()).toEqual(["g", "new"]);
    const stored = await again.get("g/d");
    expect(stored.kind === "dataset" && stored.shape).toEqual([4]);
    await again.close();
  });

  it("synchronous calls are refused too", async () => {
    const file = await open(await small(), { mode: "r+" });
    const closing = file.close();
    expect(failure(() => file.attrs.setSync("b", 2)).code).toBe("closed");
    expect(failure(() => file.flushSync()).code).toBe("closed");
    expect(failure(() => file.closeSync()).code).toBe("sync-unavailable");
    await closing;
    file.closeSync();
    file.abandonSync();
    expect(failure(() => file.attrs.getSync("a")).code).toBe("closed");
  });

  it("closing again at once is the same call", async () => {
    const file = await open(await small(), { mode: "r+" });
    const [first, second, third] = [file.close(), file.close(), file.abandon()];
    expect(second).toBe(first);
    expect(third).toBe(first);
    await first;
    await file.close();
  });

  it("reads of a file open for reading that began before finish", async () => {
    const bytes = await small();
    let closedSource = false;
    const file = await open({
      size: bytes.length,
      pageSize: 256,
      read: async (offset: number, length: number) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (closedSource) throw new Error("read after close");
        return bytes.slice(offset, offset + length);
      },
      close: () => {
        closedSource = true;
      },
    });
    const reading = file.get("g/d").then((dataset) => (dataset.kind === "dataset" ? dataset.file : null));
    const keys = file.keys();
    const closing = file.close();
    await expect(file.keys()).rejects.toMatchObject(closed);
    expect(await keys).toEqual(["g"]);
    expect(await reading).toBe(file);
    await closing;
    expect(closedSource).toBe(true);
  });
});

describe("abandoning", () => {
  it("waits for calls made before, and drops what they staged", async () => {
    const file = await open(await small(), { mode: "r+" });
    const setting = file.attrs.set("b", 2);
    const abandoning = file.abandon();
    await expect(file.attrs.set("c", 3)).rejects.toMatchObject(closed);
    await setting;
    await abandoning;
    const again = await open(file.bytes());
    expect(await again.attrs.keys()).toEqual(["a"]);
    await again.close();
  });

  it("at once is refused while calls are running, which loses nothing", async () => {
    const file = createSync();
    const setting = file.attrs.set("a", 1);
    expect(failure(() => file.abandonSync()).code).toBe("sync-unavailable");
    expect(failure(() => file.closeSync()).code).toBe("sync-unavailable");
    expect(file.closed).toBe(false);
    await setting;
    file.closeSync();
    const again = await open(file.bytes());
    expect(await again.attrs.get("a")).toBe(1);
    await again.close();
  });
});
