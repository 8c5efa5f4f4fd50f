/** The bases, the images that crashes leave of an edit, and the check of them. */
import { HDF5Error } from "../../src/format/errors.js";
import type { HDF5File } from "../../src/format/file.js";
import type { CrashImage } from "../support/recording-device.js";
import { RecordingDevice } from "../support/recording-device.js";
import { createOn, fill, openImage, openOn } from "./files.js";
import { baseByH5py, hasJudges, judge } from "./judge.js";
import type { Scenario } from "./scenarios.js";
import type { Snapshot } from "./snapshot.js";
import { problemIn, snapshotOf, Undercount } from "./snapshot.js";

/** A file that edits start from. */
export interface Base {
  readonly name: string;
  readonly chunksEditable: boolean;
  readonly bytes: () => Uint8Array;
}

function ours(libver: "default" | "earliest", trackOrder: boolean): Uint8Array {
  const device = new RecordingDevice();
  const file = createOn(device, { libver, trackOrder });
  fill(file, trackOrder);
  file.closeSync();
  return device.bytes().slice();
}

function once(make: () => Uint8Array): () => Uint8Array {
  let made: Uint8Array | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const h5pyBases: readonly Base[] = [
  { name: "h5py's default files", chunksEditable: true, bytes: once(() => baseByH5py("", false)) },
  { name: "h5py's files with tracked order", chunksEditable: true, bytes: once(() => baseByH5py("", true)) },
  { name: "h5py's latest files", chunksEditable: false, bytes: once(() => baseByH5py("latest", true)) },
];

export const bases: readonly Base[] = [
  { name: "our files", chunksEditable: true, bytes: once(() => ours("default", false)) },
  { name: "our files with tracked order", chunksEditable: true, bytes: once(() => ours("default", true)) },
  { name: "our old-format files", chunksEditable: true, bytes: once(() => ours("earliest", false)) },
  ...(hasJudges ? h5pyBases : []),
];

/** Numbers in [0, 1) that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
  };
}

/** Records the flush of an edit. */
export function record(bytes: Uint8Array, edit: (file: HDF5File) => void): RecordingDevice {
  const device = new RecordingDevice(bytes);
  const file = openOn(device);
  edit(file);
  file.flushSync();
  file.abandonSync();
  return device;
}

/** All prefixes, all torn prefixes and `subsets` random subsets of writes and of sectors, without repetitions. */
export function* imagesOf(device: RecordingDevice, subsets: number, seed: number): Generator<CrashImage> {
  const seen = new Set<string>();
  const all = [
    device.prefixes(),
    device.tornPrefixes(),
    device.subsets(subsets, seeded(seed)),
    device.sectorSubsets(subsets, seeded(seed)),
  ];
  for (const images of all) {
    for (const image of images) {
      const key = Buffer.from(image.bytes.buffer, image.bytes.byteOffset, image.bytes.length).toString("latin1");
      if (seen.has(key)) continue;
      seen.add(key);
      yield image;
    }
  }
}

/** What is wrong with an image, or `null`. */
export function check(image: CrashImage, before: Snapshot, after: Snapshot): string | null {
  try {
    const problem = problemIn(snapshotOf(openImage(image.bytes)), before, after);
    return problem === null ? null : `${image.description}: ${problem}`;
  } catch (error) {
    if (error instanceof HDF5Error || error instanceof Undercount) return `${image.description}: ${error.message}`;
    throw error;
  }
}

/** Images chosen for h5py and h5dump, with the content before and after the commit. */
export interface Trial {
  readonly name: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly chosen: readonly CrashImage[];
}

/** What came of an edit. */
export interface Examined {
  readonly images: number;
  readonly problems: readonly string[];
  readonly trial: Trial;
}

/** Checks all images of an edit here, and chooses about `judged` of them for {@link judgeTrials}. */
export function examine(
  scenario: Scenario,
  bytes: Uint8Array,
  options: { readonly subsets: number; readonly judged: number; readonly seed: number },
): Examined {
  const device = record(bytes, scenario.edit);
  const before = snapshotOf(openImage(bytes));
  const after = snapshotOf(openImage(device.bytes()));
  const images = [...imagesOf(device, options.subsets, options.seed)];
  const problems = images.map((image) => check(image, before, after)).filter((problem) => problem !== null);
  const random = seeded(options.seed + 1);
  const share = options.judged / images.length;
  const chosen = images.filter(() => random() < share);
  return {
    images: images.length,
    problems,
    trial: { name: scenario.name, before: bytes, after: device.bytes(), chosen },
  };
}

/** What h5py and h5dump find wrong with the chosen images; all trials start from the same content. */
export function judgeTrials(trials: readonly Trial[]): string[] {
  const [before, ...verdicts] = judge([
    trials[0].before,
    ...trials.flatMap(({ after, chosen }) => [after, ...chosen.map(({ bytes }) => bytes)]),
  ]);
  if (typeof before === "string") return [before];
  const problems: string[] = [];
  let next = 0;
  for (const { name, chosen } of trials) {
    const after = verdicts[next++];
    if (typeof after === "string") problems.push(`${name}, after: ${after}`);
    for (const { description } of chosen) {
      const verdict = verdicts[next++];
      if (typeof after === "string") continue;
      const problem = typeof verdict === "string" ? verdict : problemIn(verdict, before, after);
      if (problem !== null) problems.push(`${name}, ${description}: ${problem}`);
    }
  }
  return problems;
}
