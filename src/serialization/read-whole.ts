/** Reading a whole dataset, telling meanwhile how far that is. */

import type { Dataset, NDArray } from "../format/index.js";
import { slice } from "../format/index.js";
import { isNDArray } from "./array-input.js";
import type { ProgressCounter } from "./progress.js";
import { progressBytes } from "./progress.js";
import type { Task } from "./task.js";
import { step } from "./task.js";

/** What a dataset holds. Where somebody is told, a large one of numbers is read by whole chunks. */
export function* readWhole(dataset: Dataset, path: string, progress: ProgressCounter): Task<unknown> {
  const { nbytes, shape } = dataset;
  if (progress.isObserved && nbytes > progressBytes && shape !== null && shape.length > 0) {
    const read = yield* readByRows(dataset, shape, path, progress);
    if (read !== null) return read;
  }
  const read = yield* step(
    () => dataset.readSync(),
    (signal) => dataset.read(undefined, { signal }),
  );
  progress.advance(nbytes, path);
  return read;
}

/** The whole array, read by rows; `null` where its elements are no numbers, of which nothing was told then. */
function* readByRows(
  dataset: Dataset,
  shape: readonly number[],
  path: string,
  progress: ProgressCounter,
): Task<NDArray | null> {
  const [rows] = shape;
  const rowBytes = dataset.nbytes / rows;
  const chunkRows = dataset.chunks?.[0] ?? 1;
  const height = Math.max(1, Math.floor(progressBytes / rowBytes / chunkRows)) * chunkRows;
  let whole: { readonly part: NDArray; readonly data: Numbers } | null = null;
  for (let start = 0; start < rows; start += height) {
    const stop = Math.min(rows, start + height);
    const part: unknown = yield* step<unknown>(
      () => dataset.readSync([slice(start, stop)]),
      (signal) => dataset.read([slice(start, stop)], { signal }),
    );
    if (!isNDArray(part) || !isNumbers(part.data)) return null;
    const width = part.data.length / (stop - start);
    whole ??= { part, data: new (part.data.constructor as new (length: number) => Numbers)(width * rows) };
    whole.data.set(part.data, start * width);
    progress.advance((stop - start) * rowBytes, path);
  }
  return whole === null ? null : { ...whole.part, shape, data: whole.data as NDArray["data"] };
}

interface Numbers {
  readonly length: number;
  set(source: ArrayLike<unknown>, at: number): void;
}

function isNumbers(data: unknown): data is Numbers & ArrayLike<unknown> {
  return ArrayBuffer.isView(data) && "set" in data;
}
