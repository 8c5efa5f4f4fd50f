import { afterAll, describe, expect, it } from "vitest";
import { withinSector } from "../../src/format/storage/sectors.js";
import { RecordingDevice } from "../support/recording-device.js";
import { createOn, fill, openImage } from "./files.js";
import { check, record } from "./images.js";
import { baseByH5py, hasJudges } from "./judge.js";
import { scenarios } from "./scenarios.js";
import { snapshotOf } from "./snapshot.js";

/** Distance of the paddings from 0 to 4095 that move the structures of a file across sectors. */
const step = Number(process.env["JANGADA_CRASH_STEP"] ?? 696);
const paddings = Array.from({ length: Math.ceil(4096 / step) }, (_, index) => index * step);

/** Between them they change headers of groups and datasets, in place and by continuation. */
const names = ["append filtered", "set an attribute", "hard links among other changes", "links from compact to dense"];
const swept = scenarios.filter(({ name }) => names.includes(name));

/** Bytes of our file, all structures moved by `padding` bytes. */
function ours(libver: "default" | "earliest", padding: number): Uint8Array {
  const device = new RecordingDevice();
  const file = createOn(device, { libver });
  file.createDatasetSync("padding", { data: new Uint8Array(padding + 1) });
  fill(file, false);
  file.closeSync();
  return device.bytes().slice();
}

interface Sweep {
  flips: number;
  crossing: number;
  problems: string[];
}

/** Does all edits; counts in-place changes that cross a sector, and checks every crash image (tears where none does). */
function sweep(bytes: Uint8Array, padding: number, found: Sweep): void {
  const before = snapshotOf(openImage(bytes));
  for (const { name, edit } of swept) {
    const device = record(bytes, edit);
    const after = snapshotOf(openImage(device.bytes()));
    const inPlace = device.events.filter((event) => event.kind === "write" && event.offset < bytes.length);
    const crossing = inPlace.filter(
      (event) => event.kind === "write" && !withinSector(event.offset, event.bytes.length),
    );
    found.flips += inPlace.length;
    found.crossing += crossing.length;
    const images = crossing.length > 0 ? [device.prefixes()] : [device.prefixes(), device.tornPrefixes()];
    for (const group of images) {
      for (const image of group) {
        const problem = check(image, before, after);
        if (problem !== null) found.problems.push(`${name}, padding ${padding}: ${problem}`);
      }
    }
  }
}

function sweepAll(make: (padding: number) => Uint8Array): Sweep {
  const found: Sweep = { flips: 0, crossing: 0, problems: [] };
  for (const padding of paddings) sweep(make(padding), padding, found);
  return found;
}

describe("flips lie within a sector wherever the structures of a file lie", () => {
  const figures: string[] = [];

  for (const libver of ["default", "earliest"] as const) {
    it(`in our files, libver ${libver}`, { timeout: 600_000 }, () => {
      const { flips, crossing, problems } = sweepAll((padding) => ours(libver, padding));
      figures.push(`libver ${libver}: ${crossing} of ${flips} in-place changes cross a sector`);
      expect(problems).toEqual([]);
      expect(flips).toBeGreaterThan(0);
      expect(crossing).toBe(0);
    });
  }

  for (const [libver, trackOrder] of [
    ["", false],
    ["", true],
  ] as const) {
    it.runIf(hasJudges)(
      `in h5py's files, tracked order ${trackOrder}; of old headers few do not`,
      { timeout: 600_000 },
      () => {
        const { flips, crossing, problems } = sweepAll((padding) => baseByH5py(libver, trackOrder, padding));
        figures.push(`h5py, tracked order ${trackOrder}: ${crossing} of ${flips} in-place changes cross a sector`);
        expect(problems).toEqual([]);
        // What crosses is elements written over, and old groups of nothing but links.
        if (trackOrder) expect(crossing).toBe(0);
        else expect(crossing).toBeLessThan(flips / 40);
      },
    );
  }

  afterAll(() => console.info(figures.join("\n")));
});
