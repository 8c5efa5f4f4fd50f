import { afterAll, describe, expect, it } from "vitest";
import type { Tally } from "./images.js";
import { bases, examine } from "./images.js";
import { scenarios } from "./scenarios.js";

/** `JANGADA_CRASH_SCALE` multiplies the number of random subsets and of images that h5py judges. */
const scale = Number(process.env["JANGADA_CRASH_SCALE"] ?? 1);
const tally: Tally = { images: 0, judged: 0 };

describe("every image that a crash during a flush can leave opens with what was committed", () => {
  for (const base of bases) {
    describe(base.name, () => {
      scenarios.forEach((scenario, index) => {
        if (scenario.chunked === true && !base.chunksEditable) return;
        it(scenario.name, { timeout: 60_000 * scale }, () => {
          const options = { subsets: 12 * scale, judged: 3 * scale, seed: index };
          expect(examine(scenario, base.bytes(), options, tally)).toEqual([]);
        });
      });
    });
  }
  afterAll(() => console.info(`${tally.images} images, ${tally.judged} of them judged by h5py and h5dump`));
});
