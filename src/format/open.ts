import type { HDF5File } from "./file.js";
import { bitPackedDecoders } from "./filters/bit-packed.js";
import { prepareInflate } from "./filters/deflate.js";
import { optionProblems, requireOptionsAsync } from "./objects/call-options.js";
import { hostFor } from "./objects/open-state.js";
import { relations } from "./objects/relations.js";
import { gathering } from "./objects/selected-elements.js";
import { virtualDatasets } from "./objects/virtual.js";
import type { OpenOptions } from "./open-file.js";
import { isWritableMode, named, openFile, openNames } from "./open-file.js";
import type { Device } from "./storage/device.js";
import { runAsync } from "./storage/drivers.js";
import { OnDemand } from "./storage/on-demand.js";
import { openDevice } from "./storage/open-device.js";
import type { Source } from "./storage/sources.js";

const writingPart = new OnDemand("writing", () => import("./writing.js"));
const foreignPart = new OnDemand("files that others refer to", () => import("./objects/foreign-files.js"));

/**
 * Opens an HDF5 file: a path or `file:` URL, an HTTP(S) URL or a `Request` for one (read by ranges), a `Blob`, bytes,
 * an OPFS sync access handle, or anything with `size` and `read(offset, length)`. In pages and their workers a path is
 * a URL, relative to the page or the worker's script.
 *
 * Bytes opened with `r+` are copied; `file.bytes()` gives the result.
 *
 * @throws HDF5Error `not-found` when there is no such file, `corrupt` when it is not HDF5 or damaged, `locked` when
 * another program has it open in a way that excludes this, or has left a mark that says so.
 */
export async function open(source: Source, options: OpenOptions = {}): Promise<HDF5File> {
  await requireOptionsAsync(options, openNames);
  // What only writing needs is loaded when a file is opened for it: pages that only read never fetch it.
  const writing = isWritableMode(options.mode) ? await writingPart.load() : null;
  const created = writing?.createWhereNone(source, options) ?? null;
  if (created !== null) return created;
  const release = writing?.claim(source);
  let device: Device | undefined;
  try {
    device = await openDevice(source, { ...options, mode: writing === null ? "r" : "r+" });
    const host = hostFor(device, options);
    if (device.readSync !== undefined) await loadParts();
    const support = {
      editor: writing?.editor ?? null,
      // Likewise what only a resolver can reach.
      foreign: options.resolver === undefined ? null : (await foreignPart.load()).foreignFiles(options),
    };
    const start = () => openFile(host, options, support, { release });
    return await runAsync(writing?.exclusively(device, start) ?? start(), host, { signal: options.signal });
  } catch (error) {
    await device?.close();
    release?.();
    throw named(error, device);
  }
}

/** Loads what methods that answer at once may need: they cannot load anything themselves. */
async function loadParts(): Promise<void> {
  await Promise.all([
    prepareInflate(),
    bitPackedDecoders.load(),
    gathering.load(),
    relations.load(),
    virtualDatasets.load(),
    optionProblems.load(),
  ]);
}
