import type { Dataset, DType, FilterDescription, HDF5File, HDF5Object, Link } from "../format/index.js";
import { formatDType, HDF5Error } from "../format/index.js";
import type { Plain } from "./plain-values.js";
import { inlineText, plainValue, withoutBigints } from "./plain-values.js";
import type { Paint, Terminal } from "./terminal.js";
import { painter, printable } from "./terminal.js";

/** Attribute values of more elements than this are listed by type and shape only. */
const largestAttribute = 16;

interface AttributeEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[] | null;
  /** Absent when it is large. */
  readonly value?: Plain;
  readonly error?: string;
}

type DatasetDetails = Pick<Dataset, "dtype" | "shape" | "maxShape" | "layout" | "chunks" | "filters">;

/** What a line says by the kind of what it stands for. */
type EntryDetails =
  | { readonly kind: "group" | "unreadable" }
  | ({ readonly kind: "dataset" } & DatasetDetails)
  | { readonly kind: "datatype"; readonly dtype: DType }
  | { readonly kind: "alias" | "soft"; readonly target: string }
  | { readonly kind: "external"; readonly file: string; readonly target: string }
  | { readonly kind: "user-defined"; readonly linkClass: number };

/** One line of the listing, with what is below it. */
interface Entry {
  readonly name: string;
  readonly path: string;
  readonly details: EntryDetails;
  readonly attributes: readonly AttributeEntry[];
  readonly children: readonly Entry[];
  readonly error?: string;
}

/** `jangada ls`: the tree below an object. Parts that cannot be read are named where they stand; the status is then 1. */
export async function list(file: HDF5File, path: string, json: boolean, terminal: Terminal): Promise<number> {
  const object = await file.get(path);
  const listing = new Listing(file);
  const entry = await listing.describe(object, object.path, object.path);
  if (json) terminal.write(`${JSON.stringify(jsonEntry(entry), withoutBigints)}\n`);
  else print(entry, "", "", painter(terminal), terminal);
  return listing.failed ? 1 : 0;
}

class Listing {
  failed = false;
  readonly #file: HDF5File;
  /** First path of each object, so that cycles of hard links end. */
  readonly #paths = new Map<number, string>();

  constructor(file: HDF5File) {
    this.#file = file;
  }

  async describe(object: HDF5Object, name: string, path: string): Promise<Entry> {
    this.#paths.set(object.address, path);
    const attributes = await this.#attributes(object);
    const base = { name, path, attributes, children: [] };
    if (object.kind === "dataset") return { ...base, details: datasetDetails(object) };
    if (object.kind === "datatype") return { ...base, details: { kind: "datatype", dtype: object.dtype } };
    const group = { ...base, details: { kind: "group" } } as const;
    try {
      const children: Entry[] = [];
      for (const link of await object.links()) children.push(await this.#link(link, path));
      return { ...group, children };
    } catch (error) {
      return { ...group, error: this.#message(error) };
    }
  }

  async #link(link: Link, parent: string): Promise<Entry> {
    const path = parent === "/" ? `/${link.name}` : `${parent}/${link.name}`;
    const base = { name: link.name, path, attributes: [], children: [] };
    switch (link.kind) {
      case "soft":
        return { ...base, details: { kind: "soft", target: link.target } };
      case "external":
        return { ...base, details: { kind: "external", file: link.file, target: link.target } };
      case "user-defined":
        return { ...base, details: { kind: "user-defined", linkClass: link.linkType } };
      case "hard": {
        const first = this.#paths.get(link.address);
        if (first !== undefined) return { ...base, details: { kind: "alias", target: first } };
        try {
          return await this.describe(await this.#file.objectAt(link.address), link.name, path);
        } catch (error) {
          return { ...base, details: { kind: "unreadable" }, error: this.#message(error) };
        }
      }
    }
  }

  async #attributes(object: HDF5Object): Promise<AttributeEntry[]> {
    const entries: AttributeEntry[] = [];
    for (const { name, dtype, shape } of await object.attrs.infos()) {
      const size = shape === null ? 0 : shape.reduce((product, extent) => product * extent, 1);
      if (size > largestAttribute) {
        entries.push({ name, dtype, shape });
        continue;
      }
      try {
        entries.push({ name, dtype, shape, value: plainValue(await object.attrs.get(name)) });
      } catch (error) {
        entries.push({ name, dtype, shape, error: this.#message(error) });
      }
    }
    return entries;
  }

  #message(error: unknown): string {
    if (!(error instanceof HDF5Error)) throw error;
    this.failed = true;
    return error.message;
  }
}

function datasetDetails(dataset: Dataset): EntryDetails {
  const { dtype, shape, maxShape, layout, chunks, filters } = dataset;
  return { kind: "dataset", dtype, shape, maxShape, layout, chunks, filters };
}

function jsonEntry(entry: Entry): unknown {
  const { name, path, details, attributes, children, error } = entry;
  return { name, path, ...details, attributes, children: children.map(jsonEntry), error };
}

function print(entry: Entry, lead: string, indent: string, paint: Paint, terminal: Terminal): void {
  terminal.write(`${paint("muted", lead)}${title(entry, paint)}\n`);
  const parts = entry.attributes.length + entry.children.length;
  for (let index = 0; index < parts; index++) {
    const last = index === parts - 1;
    const childLead = `${indent}${last ? "└── " : "├── "}`;
    const childIndent = `${indent}${last ? "    " : "│   "}`;
    if (index < entry.attributes.length) {
      terminal.write(`${paint("muted", childLead)}${attributeText(entry.attributes[index], paint)}\n`);
    } else {
      print(entry.children[index - entry.attributes.length], childLead, childIndent, paint, terminal);
    }
  }
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
  return `${label} = ${printable(inlineText(value))}`;
}
