import type { Dataset, DType, ElementValue, HDF5File, HDF5Object, Link, NDArray } from "../format/index.js";
import { HDF5Error } from "../format/index.js";

/** Attribute values of more elements than this are listed by type and shape only. */
const largestAttribute = 16;

/** One attribute of a listed object. */
export interface AttributeEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[] | null;
  /** Absent when it is large or cannot be read. */
  readonly value?: NDArray | ElementValue;
  readonly error?: string;
}

/** What is said of a dataset. */
export type DatasetDetails = Pick<Dataset, "dtype" | "shape" | "maxShape" | "layout" | "chunks" | "filters">;

/** What a line says by the kind of what it stands for. */
export type EntryDetails =
  | { readonly kind: "group" | "unreadable" }
  | ({ readonly kind: "dataset" } & DatasetDetails)
  | { readonly kind: "datatype"; readonly dtype: DType }
  | { readonly kind: "alias" | "soft"; readonly target: string }
  | { readonly kind: "external"; readonly file: string; readonly target: string }
  | { readonly kind: "user-defined"; readonly linkClass: number };

/** One line of a listing; what is below it is described when it is asked for. */
export interface Entry {
  readonly name: string;
  readonly path: string;
  readonly details: EntryDetails;
  readonly attributes: readonly AttributeEntry[];
  /** Links of a group. */
  readonly links: readonly Link[];
  readonly error?: string;
}

/** Describes the objects of a file, one after another. Parts that cannot be read are named where they stand. */
export class Entries {
  /** Whether anything could not be read. */
  failed = false;
  readonly #file: HDF5File;
  /** First path of each object, so that cycles of hard links end. */
  readonly #paths = new Map<number, string>();

  constructor(file: HDF5File) {
    this.#file = file;
  }

  /** An object by itself. */
  async describe(object: HDF5Object, name: string, path: string): Promise<Entry> {
    this.#paths.set(object.address, path);
    const base = { name, path, attributes: await this.#attributes(object), links: [] };
    if (object.kind === "dataset") return { ...base, details: datasetDetails(object) };
    if (object.kind === "datatype") return { ...base, details: { kind: "datatype", dtype: object.dtype } };
    const group = { ...base, details: { kind: "group" } } as const;
    try {
      return { ...group, links: await object.links() };
    } catch (error) {
      return { ...group, error: this.#message(error) };
    }
  }

  /** What a link of a group leads to. */
  async follow(link: Link, parent: string): Promise<Entry> {
    const path = parent === "/" ? `/${link.name}` : `${parent}/${link.name}`;
    const base = { name: link.name, path, attributes: [], links: [] };
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
        entries.push({ name, dtype, shape, value: await object.attrs.get(name) });
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
