import type { FilterDescription, HDF5File } from "../format/index.js";
import { formatDType } from "../format/index.js";
import { inlineFormat } from "./element-format.js";
import type { AttributeEntry, DatasetDetails, Entry, EntryDetails } from "./entries.js";
import { Entries } from "./entries.js";
import { jsonText } from "./json-text.js";
import { jsonNotation, textNotation } from "./notation.js";
import { Output } from "./output.js";
import type { Paint, Terminal } from "./terminal.js";
import { painter, printable } from "./terminal.js";

/**
 * `jangada ls`: the tree below an object, printed as it is read. Parts that cannot be read are named where they stand;
 * the status is then 1.
 */
export async function list(file: HDF5File, path: string, json: boolean, terminal: Terminal): Promise<number> {
  const object = await file.get(path);
  const entries = new Entries(file);
  const output = new Output(terminal);
  const root = await entries.describe(object, object.path ?? path, object.path ?? path);
  try {
    if (json) await new JsonTree(entries, output).print(root);
    else await new TextTree(entries, output, painter(terminal)).print(root, "", "");
    if (json) output.write("\n");
  } finally {
    await output.flush();
  }
  return entries.failed ? 1 : 0;
}

/** A listing as nested JSON. */
class JsonTree {
  readonly #entries: Entries;
  readonly #output: Output;

  constructor(entries: Entries, output: Output) {
    this.#entries = entries;
    this.#output = output;
  }

  async print({ name, path, details, attributes, links, error }: Entry): Promise<void> {
    const output = this.#output;
    const listed = attributes.map(attributeJson).join(",");
    output.write(`${jsonText({ name, path, ...details, error }).slice(0, -1)},"attributes":[${listed}],"children":[`);
    for (const [index, link] of links.entries()) {
      if (index > 0) output.write(",");
      if (output.isDue) await output.flush();
      await this.print(await this.#entries.follow(link, path));
    }
    output.write("]}");
  }
}

function attributeJson({ name, dtype, shape, value, error }: AttributeEntry): string {
  const text = jsonText({ name, dtype, shape, error });
  if (value === undefined) return text;
  return `${text.slice(0, -1)},"value":${inlineFormat(value, dtype, jsonNotation)}}`;
}

/** A listing as a tree for people. */
class TextTree {
  readonly #entries: Entries;
  readonly #output: Output;
  readonly #paint: Paint;

  constructor(entries: Entries, output: Output, paint: Paint) {
    this.#entries = entries;
    this.#output = output;
    this.#paint = paint;
  }

  async print(entry: Entry, lead: string, indent: string): Promise<void> {
    const { attributes, links, path } = entry;
    this.#line(lead, title(entry, this.#paint));
    const parts = attributes.length + links.length;
    for (const [index, attribute] of attributes.entries()) {
      this.#line(branch(indent, index === parts - 1), attributeText(attribute, this.#paint));
    }
    for (const [index, link] of links.entries()) {
      const isLast = index === links.length - 1;
      if (this.#output.isDue) await this.#output.flush();
      const child = await this.#entries.follow(link, path);
      await this.print(child, branch(indent, isLast), `${indent}${isLast ? "    " : "│   "}`);
    }
  }

  #line(lead: string, text: string): void {
    this.#output.write(`${this.#paint("muted", lead)}${text}\n`);
  }
}

function branch(indent: string, isLast: boolean): string {
  return `${indent}${isLast ? "└── " : "├── "}`;
}

function title({ name: stored, details, error }: Entry, paint: Paint): string {
  const name = printable(stored);
  const label = details.kind === "group" ? paint("group", name === "/" ? name : `${name}/`) : paint("name", name);
  const parts = [label, printable(detailsText(details))];
  if (error !== undefined) parts.push(paint("error", printable(error)));
  return parts.filter((part) => part !== "").join("  ");
}

function detailsText(details: EntryDetails): string {
  switch (details.kind) {
    case "group":
    case "unreadable":
      return "";
    case "dataset":
      return datasetText(details);
    case "datatype":
      return `datatype ${formatDType(details.dtype)}`;
    case "alias":
      return `= ${details.target}`;
    case "soft":
      return `-> ${details.target}`;
    case "external":
      return `-> ${details.file}:${details.target}`;
    case "user-defined":
      return `user-defined link of class ${details.linkClass}`;
  }
}

function datasetText(details: DatasetDetails): string {
  const { dtype, shape, maxShape, layout, chunks, filters } = details;
  const parts = [formatDType(dtype), shapeText(shape)];
  if (maxShape?.some((extent, axis) => extent !== shape?.[axis])) {
    parts.push(`up to (${maxShape.map((extent) => extent ?? "∞").join(", ")})`);
  }
  if (chunks !== null) parts.push(`chunks (${chunks.join(", ")})`);
  else if (layout !== "contiguous") parts.push(layout);
  if (filters.length > 0) parts.push(filters.map(filterText).join(" + "));
  return parts.join("  ");
}

function shapeText(shape: readonly number[] | null): string {
  if (shape === null) return "null";
  return shape.length === 0 ? "scalar" : `(${shape.join(", ")})`;
}

const filterNames: Readonly<Record<number, string>> = {
  1: "deflate",
  2: "shuffle",
  3: "fletcher32",
  4: "szip",
  5: "n-bit",
  6: "scale-offset",
};

function filterText({ id, name, clientData }: FilterDescription): string {
  const known = filterNames[id] ?? (name === "" ? `filter ${id}` : name);
  return id === 1 && clientData.length > 0 ? `${known} ${clientData[0]}` : known;
}

function attributeText({ name, dtype, shape, value, error }: AttributeEntry, paint: Paint): string {
  const label = paint("attribute", `@${printable(name)}`);
  if (error !== undefined) return `${label}  ${paint("error", printable(error))}`;
  if (value === undefined) return `${label}  ${printable(formatDType(dtype))}  ${shapeText(shape)}`;
  return `${label} = ${inlineFormat(value, dtype, textNotation)}`;
}
