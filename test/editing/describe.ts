/** The content of a file as this library sees it, in the form that `judge.py` gives for h5py. */

import type { Datatype, HDF5File, HDF5Object, NDArray } from "../../src/format/index.js";
import {
  CommittedDatatype,
  ComplexArray,
  CompoundArray,
  ObjectReference,
  RegionReference,
} from "../../src/format/index.js";
import type { Face } from "./faces.js";

export type Canonical = string | number | null | readonly Canonical[];

/** Name, type, shape and value. */
export type DescribedAttribute = readonly [string, string, readonly number[] | null, Canonical];

export interface DescribedObject {
  readonly kind: "group" | "dataset" | "datatype";
  readonly attributes: readonly DescribedAttribute[];
  readonly names?: readonly string[];
  readonly type?: string;
  readonly shape?: readonly number[] | null;
  readonly maxShape?: readonly (number | null)[] | null;
  readonly chunks?: readonly number[] | null;
  readonly filters?: readonly number[];
  readonly value?: Canonical;
}

/** By path: an object, `= path` of one that has been described, or `-> target`. */
export type Description = Readonly<Record<string, DescribedObject | string>>;

export async function describeFile(face: Face, file: HDF5File): Promise<Description> {
  const description: Record<string, DescribedObject | string> = {};
  const paths = new Map<number, string>();
  const order: [string, HDF5Object][] = [];
  const visit = async (object: HDF5Object, path: string): Promise<void> => {
    const known = paths.get(object.address);
    if (known !== undefined) {
      description[path] = `= ${known}`;
      return;
    }
    paths.set(object.address, path);
    order.push([path, object]);
    if (object.kind !== "group") return;
    for (const link of await face.links(object)) {
      const below = `${path === "/" ? "" : path}/${link.name}`;
      if (link.kind === "soft") description[below] = `-> ${link.target}`;
      else if (link.kind === "external") description[below] = `-> ${link.file}:${link.target}`;
      else await visit(await face.get(object, link.name), below);
    }
  };
  await visit(await face.get(file, "/"), "/");
  for (const [path, object] of order) description[path] = await describeObject(face, object, paths);
  return description;
}

async function describeObject(
  face: Face,
  object: HDF5Object,
  paths: ReadonlyMap<number, string>,
): Promise<DescribedObject> {
  const names = [...(await face.attributes(object))];
  if (!object.state.tracksAttributeOrder) names.sort(compareUtf8);
  const attributes: DescribedAttribute[] = [];
  for (const name of names) {
    const info = face.name === "sync" ? object.attrs.infoSync(name) : await object.attrs.info(name);
    const { datatype, shape, committedDatatype } = info;
    const value = canonicalValue(datatype, await face.attribute(object, name), paths);
    attributes.push([name, typeName(datatype, committedDatatype, paths), shape, value]);
  }
  if (object.kind === "group") return { kind: "group", names: await face.keys(object), attributes };
  if (object instanceof CommittedDatatype) {
    return { kind: "datatype", type: typeName(object.datatype, null, paths), attributes };
  }
  const { datatype, shape, maxShape, chunks, filters } = object;
  return {
    kind: "dataset",
    type: typeName(datatype, object.stored.committedDatatype, paths),
    shape,
    maxShape,
    chunks,
    filters: filters.map(({ id }) => id),
    value: canonicalValue(datatype, await face.read(object), paths),
    attributes,
  };
}

function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function order(datatype: { readonly byteOrder: string }): string {
  return datatype.byteOrder === "big" ? ">" : "<";
}

function typeName(datatype: Datatype, committed: number | null, paths: ReadonlyMap<number, string>): string {
  if (committed !== null) return `@${paths.get(committed) ?? "?"}`;
  const { size } = datatype;
  const inner = (type: Datatype) => typeName(type, null, paths);
  switch (datatype.class) {
    case "integer":
      return `${order(datatype)}${datatype.signed ? "i" : "u"}${size}`;
    case "float":
      return `${order(datatype)}f${size}`;
    case "string":
      return `S${size}/${datatype.characterSet}/${datatype.padding}`;
    case "bitfield":
      return `${order(datatype)}b${size}`;
    case "opaque":
      return `V${size}:${datatype.tag}`;
    case "compound": {
      const members = datatype.members.map((member) => ({ ...member, type: inner(member.datatype) }));
      // libhdf5 tells the size in memory of elements of variable length, not that in the file.
      if (members.some(({ type }) => type.includes("string") || type.includes("vlen"))) {
        return `{${members.map(({ name, type }) => `${name}:${type}`).join(",")}}`;
      }
      return `{${members.map(({ name, offset, type }) => `${name}@${offset}:${type}`).join(",")}}${size}`;
    }
    case "enum": {
      const { base, members } = datatype;
      const named = members.map(({ name, valueBytes }) => `${name}=${integerOf(base, valueBytes)}`);
      return `enum ${inner(base)}(${named.sort().join(",")})`;
    }
    case "variable-length":
      return datatype.content === "string" ? `string/${datatype.characterSet}` : `vlen ${inner(datatype.base)}`;
    case "array":
      return `[${datatype.dimensions.join(", ")}] ${inner(datatype.base)}`;
    case "reference":
      return datatype.referenceKind === "region" ? "region" : "reference";
    default:
      return datatype.class;
  }
}

function integerOf(base: Datatype, bytes: Uint8Array): bigint {
  const isBig = base.class === "integer" && base.byteOrder === "big";
  const ordered = isBig ? bytes : bytes.slice().reverse();
  const bits = ordered.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return base.class === "integer" && base.signed ? BigInt.asIntN(8 * bytes.length, bits) : bits;
}

function canonicalValue(datatype: Datatype, value: unknown, paths: ReadonlyMap<number, string>): Canonical {
  const element = elementOf(datatype);
  if (isArray(value)) return canonicalList(element, value.data, paths);
  return canonicalItem(element, value, paths);
}

/** The type of what an array type's innermost elements are. */
function elementOf(datatype: Datatype): Datatype {
  return datatype.class === "array" ? elementOf(datatype.base) : datatype;
}

function isArray(value: unknown): value is NDArray {
  return typeof value === "object" && value !== null && "stride" in value;
}

function canonicalList(datatype: Datatype, data: unknown, paths: ReadonlyMap<number, string>): readonly Canonical[] {
  if (datatype.class === "opaque" && data instanceof Uint8Array) {
    const { size } = datatype;
    return Array.from({ length: data.length / size }, (_, index) =>
      hex(data.subarray(index * size, (index + 1) * size)),
    );
  }
  return Array.from(data as Iterable<unknown>, (item) => canonicalItem(datatype, item, paths));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function canonicalItem(datatype: Datatype, item: unknown, paths: ReadonlyMap<number, string>): Canonical {
  if (item === null) return null;
  if (typeof item === "string") return item;
  if (typeof item === "boolean") return item ? "1" : "0";
  if (typeof item === "bigint") return String(item);
  if (typeof item === "number") {
    if (datatype.class !== "float") return String(item);
    return Number.isFinite(item) ? item : Number.isNaN(item) ? "nan" : item > 0 ? "inf" : "-inf";
  }
  if (item instanceof ObjectReference) return paths.get(item.address) ?? "?";
  if (item instanceof RegionReference) return canonicalRegion(item, paths);
  if (typeof item === "object" && "re" in item && "im" in item) return [Number(item.re), Number(item.im)];
  if (datatype.class === "opaque" && item instanceof Uint8Array) return hex(item);
  if (datatype.class === "variable-length") return canonicalList(elementOf(datatype.base), item, paths);
  if (datatype.class === "array") return canonicalList(elementOf(datatype), item, paths);
  if (datatype.class === "compound" && item instanceof CompoundArray) return canonicalList(datatype, item, paths);
  if (datatype.class === "compound" && item instanceof ComplexArray) return canonicalList(datatype, item, paths);
  if (datatype.class === "compound") {
    const row = item as Readonly<Record<string, unknown>>;
    return datatype.members.map((member) => canonicalItem(member.datatype, row[member.name], paths));
  }
  if (ArrayBuffer.isView(item) || Array.isArray(item)) return canonicalList(datatype, item, paths);
  throw new Error(`no canonical form of ${String(item)} in a ${datatype.class}`);
}

/** Target, number of elements, first and last coordinates. */
function canonicalRegion(reference: RegionReference, paths: ReadonlyMap<number, string>): Canonical {
  const { selection } = reference;
  const target = paths.get(reference.address) ?? "?";
  if (selection.kind === "hyperslab") {
    const counts = selection.count.map((count) => count ?? 0);
    const blocks = selection.block.map((block) => block ?? 0);
    const points = counts.reduce((product, count, axis) => product * count * blocks[axis], 1);
    const last = selection.start.map(
      (start, axis) => start + (counts[axis] - 1) * selection.stride[axis] + blocks[axis] - 1,
    );
    return [target, String(points), ...selection.start.map(String), ...last.map(String)];
  }
  if (selection.kind !== "blocks") return [target, selection.kind];
  const { rank, bounds } = selection;
  const low = new Array<number>(rank).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(rank).fill(-1);
  let points = 0;
  for (let at = 0; at < bounds.length; at += 2 * rank) {
    let volume = 1;
    for (let axis = 0; axis < rank; axis++) {
      low[axis] = Math.min(low[axis], bounds[at + axis]);
      high[axis] = Math.max(high[axis], bounds[at + rank + axis]);
      volume *= bounds[at + rank + axis] - bounds[at + axis] + 1;
    }
    points += volume;
  }
  return [target, String(points), ...low.map(String), ...high.map(String)];
}
