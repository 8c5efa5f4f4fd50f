import type { HDF5File } from "./file.js";
import { bitPackedDecoders } from "./filters/bit-packed.js";
import { bitPackedDecoders as bitPackedDecodersPart } from "./filters/bit-packed-decoders.js";
import { portableInflate } from "./filters/deflate.js";
import { inflatePortable } from "./filters/portable-inflate.js";
import { cacheImages as cacheImagesPart } from "./objects/cache-image.js";
import { optionProblems } from "./objects/call-options.js";
import { foreignFiles } from "./objects/foreign-files.js";
import { gathering as gatheringPart } from "./objects/gathering.js";
import { objectRelations } from "./objects/object-relations.js";
import { cacheImages, hostFor, otherFormats } from "./objects/open-state.js";
import { optionProblems as optionProblemsPart } from "./objects/option-problems.js";
import { otherFormats as otherFormatsPart } from "./objects/other-formats.js";
import { relations } from "./objects/relations.js";
import { requireOptions } from "./objects/required-options.js";
import { gathering } from "./objects/selected-elements.js";
import { virtualDatasets } from "./objects/virtual.js";
import { virtualDatasets as virtualDatasetsPart } from "./objects/virtual-datasets.js";
import type { OpenOptions } from "./open-file.js";
import { isWritableMode, named, openFile, openNames } from "./open-file.js";
import type { Device } from "./storage/device.js";
import { runSync } from "./storage/drivers.js";
import { openDeviceSync } from "./storage/open-device-sync.js";
import type { Source } from "./storage/sources.js";
import { claim, createWhereNone, editor, exclusively } from "./writing.js";

/**
 * Opens an HDF5 file at once, for sources that can be read synchronously: paths, bytes, sync access handles.
 *
 * @throws HDF5Error `sync-unavailable` for other sources; otherwise as `open`.
 */
export function openSync(source: Source, options: OpenOptions = {}): HDF5File {
  provideParts();
  requireOptions("openSync", options, openNames);
  const writable = isWritableMode(options.mode);
  const created = writable ? createWhereNone(source, options) : null;
  if (created !== null) return created;
  const release = writable ? claim(source) : undefined;
  let device: Device | undefined;
  try {
    device = openDeviceSync(source, { ...options, mode: writable ? "r+" : "r" });
    const host = hostFor(device, options);
    const support = { editor: writable ? editor : null, foreign: foreignFiles(options) };
    const start = () => openFile(host, options, support, { release });
    return runSync(writable ? exclusively(device, start) : start(), host);
  } catch (error) {
    device?.closeSync?.();
    release?.();
    throw named(error, device);
  }
}

/** Provides all that is loaded on demand otherwise. */
function provideParts(): void {
  portableInflate.provide(inflatePortable);
  bitPackedDecoders.provide(bitPackedDecodersPart);
  gathering.provide(gatheringPart);
  relations.provide(objectRelations);
  cacheImages.provide(cacheImagesPart);
  otherFormats.provide(otherFormatsPart);
  virtualDatasets.provide(virtualDatasetsPart);
  optionProblems.provide(optionProblemsPart);
}
