import type { HDF5File } from "../../src/format/index.js";
import { createSync } from "../../src/format/index.js";
import { editor } from "../../src/format/objects/editor.js";
import { hostFor } from "../../src/format/objects/open-state.js";
import { openFile } from "../../src/format/open-file.js";
import type { Device } from "../../src/format/storage/device.js";
import { runAsync, runSync } from "../../src/format/storage/drivers.js";

/** Opens a device for changes, as `openSync` does with a path. */
export function openHandleSync(device: Device): HDF5File {
  const host = hostFor(device, {});
  return runSync(openFile(host, {}, { editor, foreign: null }, {}), host);
}

/** {@link openHandleSync} as `open` does it. */
export function openHandle(device: Device): Promise<HDF5File> {
  const host = hostFor(device, {});
  return runAsync(openFile(host, {}, { editor, foreign: null }, {}), host);
}

/** A small file of each layout that can be changed: four elements in `plain`, `chunked` and `deflated`; two groups. */
export function smallFile(libver: "default" | "earliest"): Uint8Array {
  const file = createSync(undefined, { libver });
  const data = Int32Array.of(0, 1, 2, 3);
  file.createDatasetSync("plain", { data });
  file.createDatasetSync("chunked", { data, maxShape: [null], chunks: [8] });
  file.createDatasetSync("deflated", { data, maxShape: [null], chunks: [8], filters: ["deflate"] });
  file.createGroupSync("a");
  file.createGroupSync("b", { trackOrder: libver === "default" });
  file.closeSync();
  return file.bytes();
}
