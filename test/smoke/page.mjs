/**
 * What a page does that reads files by URL: the library comes in pieces, those that few files need with the first file
 * that needs them. `requested` answers the names of the scripts that have been requested so far.
 */

import { mask, open, points, slice } from "../../dist/format/read.js";

function same(found, expected, what) {
  const [a, b] = [String(found), String(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, found ${a}`);
}

async function get(name, path) {
  return (await open(new URL(name, location.href))).get(path);
}

/** The tests: `[name, run]` pairs. */
export function pageTests(requested) {
  const loads = async (part, wanted, task) => {
    same(
      (await requested()).some((script) => script.startsWith(part)),
      false,
      `${part} is loaded before`,
    );
    await task();
    same(
      (await requested()).some((script) => script.startsWith(part)),
      wanted,
      `${part} is loaded after`,
    );
  };
  return [
    [
      "reads a slice by ranges",
      () =>
        loads("writing", false, async () => {
          const dataset = await get("layouts.h5", "chunked");
          const { data, shape } = await dataset.read([slice(3, 5), slice(0, 2)]);
          same(shape, [2, 2], "shape");
          const whole = await dataset.read();
          same(
            data,
            [69, 70, 92, 93].map((index) => whole.data[index]),
            "values",
          );
        }),
    ],
    [
      "takes relative URLs as fetch does, in the page and in a worker",
      async () => {
        const worker = new Worker("/worker.js", { type: "module" });
        for (const url of ["layouts.h5", "./layouts.h5", "/layouts.h5", `//${location.host}/layouts.h5`]) {
          const { shape } = await (await open(url)).get("chunked");
          same(shape, [17, 23], url);
          const answer = new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
          worker.postMessage([url, "chunked"]);
          same((await answer).data, [17, 23], `${url} in a worker`);
        }
        worker.terminate();
      },
    ],
    [
      "inflates small chunks",
      () =>
        loads("portable-inflate", true, async () => {
          const dataset = await get("filters.h5", "deflate");
          same((await dataset.read()).data.length, dataset.size, "elements");
        }),
    ],
    [
      "selects by points and masks",
      () =>
        loads("gathering", true, async () => {
          const dataset = await get("layouts.h5", "rank 3");
          const { data } = await dataset.read();
          same(
            (
              await dataset.read(
                points([
                  [3, 4, 5],
                  [0, 0, 1],
                ]),
              )
            ).data,
            [data[119], data[1]],
            "points",
          );
          same((await dataset.read([mask([false, false, true, false]), 0, 0])).data, [data[60]], "mask");
        }),
    ],
    [
      "decodes szip, n-bit and scale-offset",
      () =>
        loads("bit-packed", true, async () => {
          const packed = await (await get("filters-packing.h5", "n-bit integers")).read();
          same(packed.data, (await (await get("filters-packing.h5", "n-bit integers unpacked")).read()).data, "values");
        }),
    ],
    [
      "edits bytes",
      () =>
        loads("writing", true, async () => {
          const bytes = await (await fetch("layouts.h5")).arrayBuffer();
          const file = await open(bytes, { mode: "r+" });
          await file.attrs.set("edited", 7);
          await file.flush();
          const again = await open(file.bytes());
          same(await again.attrs.get("edited"), 7, "attribute");
        }),
    ],
  ];
}
