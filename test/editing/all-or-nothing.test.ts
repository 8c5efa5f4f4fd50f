/**
 * Every kind of change, with a failure of each of its requests in turn: what is staged is then as it was before, the
 * next flush writes nothing of the change, and the same call succeeds when the cause is gone.
 */

import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import { HDF5Error, openSync, registerFilter } from "../../src/format/index.js";
import { editor } from "../../src/format/objects/editor.js";
import { hostFor } from "../../src/format/objects/open-state.js";
import { openFile } from "../../src/format/open-file.js";
import { runAsync } from "../../src/format/storage/drivers.js";
import { FaultyDevice } from "../support/faulty-device.js";
import { bases } from "./bases.js";
import { describeFile } from "./describe.js";
import type { Face } from "./faces.js";
import { faces, syncFace } from "./faces.js";
import { scratch } from "./judge.js";
import type { Mutation } from "./mutations.js";
import { mutations } from "./mutations.js";

/** Decodings until one fails. */
let decodingsLeft = Number.POSITIVE_INFINITY;
let decodings = 0;

registerFilter({
  id: 40_123,
  name: "brittle",
  decode: (bytes) => {
    decodings++;
    if (decodingsLeft-- <= 0) throw new Error("the filter gave up");
    return bytes.map((byte) => byte ^ 0x55);
  },
  encode: (bytes) => bytes.map((byte) => byte ^ 0x55),
});

/** What fails a request, and the code of the error. */
const codes = { io: "io", abort: "aborted", decode: "corrupt" } as const;

type Fault = keyof typeof codes;

async function baseBytes(libver: string): Promise<Uint8Array> {
  const base =
    bases.find(({ name }) => name === `our own (${libver})`) ??
    bases.find(({ name }) => name.includes(libver) && name.startsWith("our"));
  if (base === undefined) throw new Error(`no base for ${libver}`);
  const path = scratch(`all-or-nothing-${libver}.h5`);
  await base.build(syncFace, path);
  const file = openSync(path, { mode: "r+" });
  const data = Int32Array.from({ length: 30 }, (_, index) => index);
  file.createDatasetSync("brittle", { data, maxShape: [null], chunks: [8], filters: [{ id: 40_123 }] });
  file.closeSync();
  const bytes = new Uint8Array(await readFile(path));
  rmSync(path);
  return bytes;
}

async function opened(face: Face, bytes: Uint8Array): Promise<{ device: FaultyDevice; file: HDF5File }> {
  const device = new FaultyDevice(bytes, face.name === "sync");
  const host = hostFor(device, {});
  return { device, file: await runAsync(openFile(host, { mode: "r+" }, { editor, foreign: null }, {}), host) };
}

/** What is in a file, and how many links its objects count. */
async function contentOf(face: Face, file: HDF5File): Promise<unknown> {
  const description = await describeFile(face, file);
  const counts: [string, number][] = [];
  for (const [path, object] of Object.entries(description)) {
    if (typeof object !== "string") counts.push([path, (await face.get(file, path)).referenceCount]);
  }
  return { description, counts };
}

function storedContent(device: FaultyDevice): Promise<unknown> {
  return contentOf(syncFace, openSync(device.bytes().slice()));
}

/** What a mutation makes of a file, and how many requests it needs for it. */
interface Expected {
  readonly before: unknown;
  readonly after: unknown;
  readonly requests: number;
  readonly decodings: number;
}

async function expectedOf(face: Face, bytes: Uint8Array, mutation: Mutation): Promise<Expected> {
  const first = await opened(face, bytes);
  await mutation.before?.(face, first.file);
  await face.close(first.file);
  const { device, file } = await opened(face, bytes);
  await mutation.before?.(face, file);
  const call = await mutation.prepare(face, file);
  device.watch(() => {});
  decodings = 0;
  if (face.name === "sync") call.sync();
  else await call.async({});
  const expected = { requests: device.calls, decodings };
  device.watch(null);
  await face.close(file);
  return { before: await storedContent(first.device), after: await storedContent(device), ...expected };
}

async function check(
  face: Face,
  bytes: Uint8Array,
  mutation: Mutation,
  expected: Expected,
  fault: Fault,
  at: number,
): Promise<void> {
  const { device, file } = await opened(face, bytes);
  await mutation.before?.(face, file);
  const call = await mutation.prepare(face, file);
  const controller = new AbortController();
  device.watch((_, index) => {
    if (index !== at) return;
    if (fault === "io") throw new Error("the disk gave up");
    if (fault === "abort") controller.abort("enough");
  });
  if (fault === "decode") decodingsLeft = at;
  let failed: unknown = null;
  try {
    if (face.name === "sync") call.sync();
    else await call.async({ signal: controller.signal });
  } catch (error) {
    failed = error;
  }
  decodingsLeft = Number.POSITIVE_INFINITY;
  device.watch(null);
  const what = `${mutation.name}, ${fault} at ${at}`;
  if (failed !== null) {
    expect(failed, what).toBeInstanceOf(HDF5Error);
    expect((failed as HDF5Error).code, what).toBe(codes[fault]);
    const { written } = device;
    expect(await contentOf(face, file), what).toEqual(expected.before);
    await face.flush(file);
    if (mutation.before === undefined) expect(device.written, what).toBe(written);
    else expect(await storedContent(device), what).toEqual(expected.before);
    if (face.name === "sync") call.sync();
    else await call.async({});
  } else {
    expect(fault, what).toBe("abort");
  }
  await face.close(file);
  expect(await storedContent(device), what).toEqual(expected.after);
}

let failures = 0;

for (const libver of ["default", "earliest"]) {
  describe(`a change of one of our files (${libver}) that fails changes nothing`, () => {
    let bytes: Uint8Array;
    beforeAll(async () => {
      bytes = await baseBytes(libver);
    });
    // Elements are written in the same way in both.
    const tried = mutations.filter(({ name }) => libver === "default" || !/write|append|shrink|grow/.test(name));
    for (const face of faces) {
      for (const mutation of tried) {
        it(`${mutation.name}, ${face.name}`, { timeout: 60_000 }, async () => {
          const expected = await expectedOf(face, bytes, mutation);
          const kinds: readonly Fault[] = face.name === "sync" ? ["io"] : ["io", "abort"];
          for (const fault of kinds) {
            for (let at = 0; at < expected.requests; at++) await check(face, bytes, mutation, expected, fault, at);
          }
          for (let at = 0; at < expected.decodings; at++) await check(face, bytes, mutation, expected, "decode", at);
          failures += kinds.length * expected.requests + expected.decodings;
        });
      }
    }
  });
}

afterAll(() => {
  console.info(`${failures} failures of ${mutations.length} kinds of changes`);
  expect(failures).toBeGreaterThan(500);
});
