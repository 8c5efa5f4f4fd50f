import type { HDF5File, Selection } from "../format/index.js";
import { formatDType } from "../format/index.js";
import type { ReadValue } from "./plain-values.js";
import { isArray, linesText, plainValue, withoutBigints } from "./plain-values.js";
import type { Terminal } from "./terminal.js";
import { painter, printable, UsageError } from "./terminal.js";

/** `jangada dump`: the values of a dataset, or of the selected part of it. */
export async function dump(
  file: HDF5File,
  path: string,
  selection: Selection,
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  const object = await file.get(path);
  if (object.kind !== "dataset") {
    throw new UsageError(`${path} is a ${object.kind}; dump prints datasets, ls the rest`);
  }
  const value: ReadValue = await object.read(selection);
  const shape = isArray(value) ? value.shape : object.shape === null ? null : [];
  if (json) {
    const record = { path: object.path, dtype: object.dtype, shape, value: plainValue(value) };
    terminal.write(`${JSON.stringify(record, withoutBigints)}\n`);
    return 0;
  }
  const head = `${formatDType(object.dtype)}${shape === null ? " null" : ` (${shape.join(", ")})`}`;
  terminal.write(`${painter(terminal)("muted", printable(head))}\n`);
  terminal.write(`${linesText(value).split("\n").map(printable).join("\n")}\n`);
  return 0;
}
