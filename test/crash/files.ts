/** Files over a given device, and what the crash tests start from. */
import type { HDF5File } from "../../src/format/file.js";
import { HDF5File as File } from "../../src/format/file.js";
import type { CreateStateOptions } from "../../src/format/objects/create-state.js";
import { createState } from "../../src/format/objects/create-state.js";
import { editor } from "../../src/format/objects/editor.js";
import { hostFor } from "../../src/format/objects/open-state.js";
import type { OpenOptions } from "../../src/format/open-file.js";
import { openFile } from "../../src/format/open-file.js";
import type { Device } from "../../src/format/storage/device.js";
import { runSync } from "../../src/format/storage/drivers.js";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";

const support = { editor: null, foreign: null };

/** Opens what a device holds, to be changed. */
export function openOn(device: Device, options: OpenOptions = {}): HDF5File {
  const host = hostFor(device, options);
  return runSync(openFile(host, options, { ...support, editor }, {}), host);
}

function openBytes(bytes: Uint8Array): HDF5File {
  const host = hostFor(new MemoryDevice(bytes), {});
  return runSync(openFile(host, {}, support, {}), host);
}

/** Opens bytes for reading; what lies past the stored end of the file is not there, as for libhdf5. */
export function openImage(bytes: Uint8Array): HDF5File {
  return openBytes(bytes.subarray(0, openBytes(bytes).superblock.endOfFileAddress));
}

/** Creates a file on an empty device. */
export function createOn(device: Device, options: CreateStateOptions = {}): HDF5File {
  const state = createState(device, options);
  if (state.root === null) throw new Error("a new file has no root group");
  return new File(state, state.root);
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The objects that every base file has. */
export function fill(file: HDF5File, trackOrder: boolean): void {
  const ints = Int32Array.from({ length: 40 }, (_, index) => index);
  file.createDatasetSync("plain", { data: Float64Array.from({ length: 100 }, (_, index) => index) });
  const extensible = { data: ints, maxShape: [null], chunks: [8], trackOrder };
  file.createDatasetSync("unfiltered", extensible);
  file.createDatasetSync("filtered", { ...extensible, filters: [{ id: "deflate", level: 4 }] });
  file.createDatasetSync("words", { data: numbers(20).map((index) => `word ${index}`) });
  file.createDatasetSync("lines", { data: numbers(20).map((index) => `line ${index}`), maxShape: [null], chunks: [8] });
  file.createGroupSync("few", { trackOrder });
  for (const index of numbers(7)) file.createGroupSync(`few/child${index}`);
  file.createGroupSync("wide", { trackOrder });
  for (const index of numbers(300)) file.createSoftLinkSync(`wide/soft${index}`, `/few/child${index % 7}`);
  const noted = file.createDatasetSync("noted", { data: Int32Array.of(1, 2, 3), trackOrder });
  for (const index of numbers(7)) noted.attrs.setSync(`note${index}`, index);
  const crowded = file.createGroupSync("crowded", { trackOrder });
  for (const index of numbers(12)) crowded.attrs.setSync(`note${index}`, `text ${index}`);
}

/** The same, by h5py: a script for the arguments path, libver, whether order is tracked, and bytes of padding. */
export const fillScript = `
import h5py, numpy as np, sys
path, libver, track, padding = sys.argv[1], sys.argv[2], sys.argv[3] == 'true', int(sys.argv[4])
if track: h5py.get_config().track_order = True
with h5py.File(path, 'w', libver=libver or None) as f:
    if padding: f.create_group('padding').attrs['bytes'] = np.zeros(padding, 'u1')
    f['plain'] = np.arange(100, dtype='f8')
    ints = np.arange(40, dtype='i4')
    f.create_dataset('unfiltered', data=ints, maxshape=(None,), chunks=(8,))
    f.create_dataset('filtered', data=ints, maxshape=(None,), chunks=(8,), compression=4)
    text = h5py.string_dtype()
    f.create_dataset('words', data=[f'word {i}' for i in range(20)], dtype=text)
    f.create_dataset('lines', data=[f'line {i}' for i in range(20)], dtype=text, maxshape=(None,), chunks=(8,))
    few = f.create_group('few')
    for i in range(7): few.create_group(f'child{i}')
    wide = f.create_group('wide')
    for i in range(300): wide[f'soft{i}'] = h5py.SoftLink(f'/few/child{i % 7}')
    noted = f.create_dataset('noted', data=np.array([1, 2, 3], 'i4'))
    for i in range(7): noted.attrs[f'note{i}'] = i
    crowded = f.create_group('crowded')
    for i in range(12): crowded.attrs[f'note{i}'] = f'text {i}'
`;
