import { afterAll, describe, expect, it } from "vitest";
import type { Trial } from "./images.js";
import { bases, examine, judgeTrials } from "./images.js";
import { hasJudges } from "./judge.js";
import { scenarios } from "./scenarios.js";

/** `JANGADA_CRASH_SCALE` multiplies the number of random subsets and of images that h5py judges. */
const scale = Number(process.env["JANGADA_CRASH_SCALE"] ?? 1);
let images = 0;
let judged = 0;

describe("every image that a crash during a flush can leave opens with what was committed", () => {
  for (const base of bases) {
    describe(base.name, () => {
      const trials: Trial[] = [];
      scenarios.forEach((scenario, index) => {
        if (scenario.chunked === true && !base.chunksEditable) return;
        it(scenario.name, { timeout: 60_000 * scale }, () => {
          const examined = examine(scenario, base.bytes(), { subsets: 8 * scale, judged: scale, seed: index });
          images += examined.images;
          trials.push(examined.trial);
          expect(examined.problems).toEqual([]);
        });
      });
      it.runIf(hasJudges)("as h5py and h5dump find too", { timeout: 120_000 * scale }, () => {
        judged += trials.reduce((sum, { chosen }) => sum + chosen.length, 0);
        expect(judgeTrials(trials)).toEqual([]);
      });
    });
  }
  afterAll(() => console.info(`${images} images, ${judged} of them judged by h5py and h5dump`));
});
