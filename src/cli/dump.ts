import type { Dataset, HDF5File, Selection } from "../format/index.js";
import { formatDType, HDF5Error, isNDArray } from "../format/index.js";
import type { ArrayPrinter } from "./array-printer.js";
import { JsonArrayPrinter, TextArrayPrinter } from "./array-printer.js";
import { elementFormat, leafOf, trailingShapeOf } from "./element-format.js";
import { jsonText } from "./json-text.js";
import { jsonNotation, textNotation } from "./notation.js";
import { Output } from "./output.js";
import { selectedPieces } from "./selected-pieces.js";
import type { Terminal } from "./terminal.js";
import { painter, printable, UsageError } from "./terminal.js";

/** Elements that one read takes, about. */
const pieceElements = 16 * 1024;

/** `jangada dump`: the values of a dataset, or of the selected part of it, printed as they are read. */
export async function dump(
  file: HDF5File,
  path: string,
  selection: Selection,
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  // Filters beyond those that every program needs; with them all datasets can be read.
  await import("../filters/all.js");
  const object = await file.get(path);
  if (object.kind !== "dataset") {
    throw new UsageError(`${path} is a ${object.kind}; dump prints datasets, ls the rest`);
  }
  const output = new Output(terminal);
  const form: Form = json ? jsonForm : textForm(painter(terminal)("muted", "%"));
  try {
    const { shape } = object;
    const isElement = shape?.every((_, axis) => typeof selection?.[axis] === "number") ?? true;
    if (shape !== null && !isElement) await dumpArray(object, shape, selection, form, output);
    else await dumpValue(object, selection, form, output);
    output.write(form.end);
  } finally {
    await output.flush();
  }
  return 0;
}

/** One of the two forms of output. */
interface Form {
  readonly end: string;
  head(dataset: Dataset, shape: readonly number[] | null): string;
  readonly notation: typeof textNotation;
  printer(shape: readonly number[], dataset: Dataset, output: Output): ArrayPrinter;
}

const jsonForm: Form = {
  notation: jsonNotation,
  head: ({ path, dtype }, shape) => `${jsonText({ path, dtype, shape }).slice(0, -1)},"value":`,
  end: "}\n",
  printer: (shape, { dtype }, output) =>
    new JsonArrayPrinter(shape, elementFormat(leafOf(dtype), jsonNotation), output),
};

/** `painted` is how "%" is painted as a head. */
function textForm(painted: string): Form {
  return {
    notation: textNotation,
    head: ({ dtype }, shape) => {
      const text = `${formatDType(dtype)}${shape === null ? " null" : ` (${shape.join(", ")})`}`;
      return `${painted.replace("%", () => printable(text))}\n`;
    },
    end: "\n",
    printer: (shape, { dtype }, output) => {
      const leaf = leafOf(dtype);
      const isRecord = typeof leaf === "object" && leaf.kind === "compound";
      return new TextArrayPrinter(shape, isRecord, elementFormat(leaf, textNotation), output);
    },
  };
}

async function dumpValue(dataset: Dataset, selection: Selection, form: Form, output: Output): Promise<void> {
  const value = await dataset.read(selection);
  if (isNDArray(value)) throw new HDF5Error("invalid-argument", "the selection is not a single element");
  output.write(form.head(dataset, dataset.shape === null ? null : []));
  output.write(elementFormat(dataset.dtype, form.notation)(value));
}

async function dumpArray(
  dataset: Dataset,
  shape: readonly number[],
  selection: Selection,
  form: Form,
  output: Output,
): Promise<void> {
  const trailing = trailingShapeOf(dataset.dtype);
  const width = trailing.reduce((product, extent) => product * extent, 1);
  const most = Math.max(1, Math.floor(pieceElements / Math.max(1, width)));
  const cut = selectedPieces(selection, shape, dataset.chunks, most);
  const result = [...cut.shape, ...trailing];
  const printer = form.printer(result, dataset, output);
  let isFirst = true;
  for (const piece of cut.pieces) {
    const value = await dataset.read(piece);
    if (!isNDArray(value)) throw new HDF5Error("invalid-argument", "the selection is a single element");
    // What cannot be read says so before anything is printed.
    if (isFirst) output.write(form.head(dataset, result));
    isFirst = false;
    await printer.add(value.data);
    await output.flush();
  }
  printer.end();
}
