/**
 * Random sequences of edits against a model, with h5py as the final judge.
 *
 * `SEQUENCES` sets how many are run for each kind of file, `SEED` where they begin.
 */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeFile } from "./describe.js";
import { faces } from "./faces.js";
import { describedByH5py, hasJudge, scratch } from "./judge.js";
import { commands, Session } from "./model.js";

const numRuns = Number(process.env["SEQUENCES"] ?? 12);
const seed = process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]);

describe("sequences of edits", () => {
  for (const libver of ["default", "earliest"] as const) {
    for (const face of faces) {
      it(`${libver} files, ${face.name}`, { timeout: 3_600_000 }, async () => {
        let run = 0;
        const property = fc.asyncProperty(commands, fc.boolean(), async (steps, tracked) => {
          const path = scratch(`${libver}-${face.name}-${run++ % 8}.h5`);
          const session = await Session.start(face, path, libver, tracked);
          try {
            for (const step of steps) await session.run(step);
            const expected = session.expected();
            expect(await describeFile(face, session.file)).toEqual(expected);
            await session.close();
            if (hasJudge) expect(await describedByH5py(path)).toEqual(expected);
            const reopened = await face.open(path);
            expect(await describeFile(face, reopened)).toEqual(expected);
            await face.close(reopened);
          } finally {
            await session.giveUp();
          }
        });
        await fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed }) });
      });
    }
  }
});
