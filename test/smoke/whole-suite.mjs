/** What a worker that cannot load modules on demand does with `jangada/all`: reads by URL, decodes, edits bytes. */

import { create, open, points, slice } from "../../dist/all.js";

function same(found, expected, what) {
  const [a, b] = [String(found), String(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, found ${a}`);
}

const tests = {
  "reads a slice by ranges": async (base) => {
    const dataset = await (await open(new URL("layouts.h5", base))).get("chunked");
    same((await dataset.read([slice(3, 5), slice(0, 2)])).shape, [2, 2], "shape");
  },
  "inflates and unpacks": async (base) => {
    const deflated = await (await open(new URL("filters.h5", base))).get("deflate");
    same((await deflated.read()).data.length, deflated.size, "elements");
    const file = await open(new URL("filters-packing.h5", base));
    const values = async (path) => (await (await file.get(path)).read()).data;
    same(await values("n-bit integers"), await values("n-bit integers unpacked"), "values");
  },
  "selects by points": async (base) => {
    const dataset = await (await open(new URL("layouts.h5", base))).get("rank 3");
    const { data } = await dataset.read();
    same((await dataset.read(points([[3, 4, 5]]))).data, [data[119]], "points");
  },
  "writes with an opt-in filter and edits": async () => {
    const file = await create();
    await file.createDataset("packed", { data: [1, 2, 3], chunks: [3], filters: ["lz4"] });
    await file.flush();
    const again = await open(file.bytes(), { mode: "r+" });
    await again.attrs.set("unit", "mV");
    same((await (await again.get("packed")).read()).data, [1, 2, 3], "values");
  },
};

/** Runs the tests on files beside `base`; answers one `{ name, error }` each. */
export async function runWholeSuite(base) {
  const results = [];
  for (const [name, run] of Object.entries(tests)) {
    try {
      await run(base);
      results.push({ name, error: null });
    } catch (error) {
      results.push({ name, error: String(error?.stack ?? error) });
    }
  }
  return results;
}
