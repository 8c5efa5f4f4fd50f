/** An object that is damaged is named by its own path, whatever leads to it. */
import { describe, expect, it } from "vitest";
import type { HDF5Error, HDF5File } from "../../src/format/index.js";
import { createSync, open, openSync } from "../../src/format/index.js";
import { failure } from "../support/failure.js";

function sample(libver: "default" | "earliest"): Uint8Array {
  const file = createSync(undefined, { libver });
  const inner = file.createGroupSync("outer/inner");
  inner.createDatasetSync("data", { data: Int32Array.of(1, 2, 3) });
  file.createSoftLinkSync("soft", "/outer/inner");
  file.createGroupSync("sound");
  file.closeSync();
  return file.bytes();
}

/** The file with the header of an object damaged. */
function damaged(libver: "default" | "earliest", path: string): Uint8Array {
  const bytes = sample(libver);
  const { address } = openSync(bytes).getSync(path);
  bytes.fill(0xee, address, address + 20);
  return bytes;
}

/** The file with the first message of an object damaged, which its header does not notice. */
function damagedWithin(path: string): Uint8Array {
  const bytes = sample("earliest");
  const [message] = openSync(bytes).getSync(path).state.header?.messages ?? [];
  bytes.fill(0xee, message.offset, message.offset + message.data.length);
  return bytes;
}

type Way = readonly [string, (file: HDF5File) => unknown];

const ways: readonly Way[] = [
  ["get", (file) => file.getSync("outer/inner")],
  ["get from its group", (file) => group(file, "outer").getSync("inner")],
  ["get what is below it", (file) => file.getSync("outer/inner/data")],
  ["get along a soft link", (file) => file.getSync("soft/data")],
  ["link", (file) => file.linkSync("outer/inner/data")],
  ["entries", (file) => [...group(file, "outer").entriesSync()]],
  ["visit", (file) => [...file.visitSync()]],
  ["delete", (file) => file.deleteSync("outer/inner")],
  ["delete what is below it", (file) => file.deleteSync("outer/inner/data")],
  ["create below it", (file) => file.createGroupSync("outer/inner/more/deep")],
  ["create in it", (file) => file.createDatasetSync("outer/inner/more", { data: 1 })],
  ["link in it", (file) => file.createHardLinkSync("outer/inner/more", file.getSync("sound"))],
];

function group(file: HDF5File, path: string) {
  const object = file.getSync(path);
  if (object.kind !== "group") throw new Error(`${path} is no group`);
  return object;
}

function expectNamed(error: HDF5Error, path: string): void {
  expect(error).toMatchObject({ path });
  expect(error.message).toContain(`${path}: `);
}

describe.each(["default", "earliest"] as const)("a damaged header (libver %s)", (libver) => {
  it.each(ways)("%s", (_, way) => {
    expectNamed(
      failure(() => way(openSync(damaged(libver, "outer/inner"), { mode: "r+" }))),
      "/outer/inner",
    );
  });

  it("does not keep others from being changed", () => {
    const file = openSync(damaged(libver, "outer/inner"), { mode: "r+" });
    failure(() => file.createGroupSync("outer/inner/new"));
    file.createGroupSync("outer/other");
    file.closeSync();
    expect(group(openSync(file.bytes()), "outer").keysSync()).toEqual(["inner", "other"]);
  });

  it("is named by asynchronous calls too", async () => {
    const file = await open(damaged(libver, "outer/inner/data"));
    const error = await file.get("outer/inner/data").catch((thrown: unknown) => thrown);
    expectNamed(error as HDF5Error, "/outer/inner/data");
    await file.close();
  });
});

describe("a damaged message", () => {
  it.each<Way>([
    ["get", (file) => file.getSync("outer/inner/data")],
    ["entries", (file) => [...group(file, "outer/inner").entriesSync()]],
    ["visit", (file) => [...file.visitSync()]],
  ])("of a dataset: %s", (_, way) => {
    expectNamed(
      failure(() => way(openSync(damagedWithin("outer/inner/data")))),
      "/outer/inner/data",
    );
  });

  it.each<Way>([
    ["get what is below it", (file) => file.getSync("outer/inner/data")],
    ["create in it", (file) => file.createGroupSync("outer/inner/more")],
    ["visit", (file) => [...file.visitSync()]],
  ])("of a group: %s", (_, way) => {
    expectNamed(
      failure(() => way(openSync(damagedWithin("outer/inner"), { mode: "r+" }))),
      "/outer/inner",
    );
  });
});
