/** What a program can call: found by looking at what the package exports, not by a list that could lag behind. */

import type { HDF5File } from "../../src/format/index.js";
import * as library from "../../src/index.js";
import { openSync, Persistable, property, Serializable } from "../../src/index.js";

/** A file with something of every kind, open for changes, and what was read of it. */
export interface World {
  readonly file: HDF5File;
  readonly lazy: { closeSync(): void; readonly isOpen: boolean };
  /** Objects whose methods are called. */
  readonly objects: Readonly<Record<string, object>>;
}

/** Something that is called: a method of an object, an exported function, a constructor. */
export interface Callable {
  readonly owner: string;
  readonly method: string;
  readonly kind: "method" | "function" | "constructor" | "static";
}

class Inner extends Serializable.define("surface.Inner", { value: property({ default: 1 }) }) {}
class Thing extends Persistable.define("surface.Thing", {
  name: property({ default: "" }),
  data: property<library.NDArray | null>({ default: null }),
  times: property<library.DatetimeIndex | null>({ default: null }),
  inner: property<Inner | null>({ default: null }),
}) {}

const sample = ((): Uint8Array => {
  const file = library.createSync();
  file.createDatasetSync("d", { data: Float64Array.of(1, 2, 3, 4), maxShape: [null], chunks: [2] });
  file.createDatasetSync("records", { data: [{ a: 1, b: "x" }] });
  file.createDatasetSync("complex", { data: new library.ComplexArray(Float64Array.of(1, 2, 3, 4)) });
  file.createDatasetSync("words", { data: ["a", "bb"] });
  file.createGroupSync("g/h").attrs.setSync("unit", "mV");
  file.commitDatatypeSync("type", "int32");
  file.attrs.setSync("a", 1);
  file.closeSync();
  return file.bytes();
})();

const saved = new Thing({
  name: "one",
  data: Float64Array.of(1, 2, 3),
  times: library.DatetimeIndex.from(["2024-01-01T00:00:00Z"]),
  inner: new Inner(),
}).toBytesSync();

export function makeWorld(): World {
  const file = openSync(sample.slice(), { mode: "r+" });
  const dataset = file.datasetSync("d");
  const lazy = Thing.openSync(saved.slice(), { mode: "r+" });
  const objects: Record<string, object> = {
    file,
    group: file.groupSync("g"),
    dataset,
    attributes: file.attrs,
    datatype: file.getSync("type"),
    compoundArray: (file.datasetSync("records").readSync() as { readonly data: object }).data,
    complexArray: (file.datasetSync("complex").readSync() as { readonly data: object }).data,
    reference: dataset.reference(),
    region: dataset.regionReference([library.slice(0, 2)]),
    thing: new Thing({ data: [1, 2] as never }),
    lazy,
    proxy: lazy.data ?? {},
    lazyTimes: lazy.times ?? {},
    timestamp: library.Timestamp.from("2024-01-01T00:00:00Z"),
    times: library.DatetimeIndex.from(["2024-01-01T00:00:00Z"]),
    path: new library.FilePath("x"),
    error: new library.HDF5Error("io", "message"),
  };
  return { file, lazy: lazy as unknown as World["lazy"], objects };
}

/** Names that are left out, each for its reason; one that no longer exists fails a test. */
export const leftOut: Readonly<Record<string, string>> = {
  run: "internal: protected",
  runSync: "internal: protected",
  handleOf: "internal",
  copyTo: "internal",
  belongsTo: "internal",
  load: "internal of a ProxyDataset; that of classes is called as a static method",
  notCloneable: "internal",
};

/** Classes that only this library constructs, from its own records or text. */
export const notConstructed: ReadonlySet<string> = new Set([
  "Attributes",
  "CommittedDatatype",
  "Dataset",
  "Group",
  "HDF5File",
  "ProxyDataset",
  // Errors are made as the runtime's own, of text.
  "HDF5Error",
  "UnsupportedFeatureError",
]);

const everyObject = new Set(Object.getOwnPropertyNames(Object.prototype));

function methodsOf(object: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const descriptor = Object.getOwnPropertyDescriptor(at, name);
      if (typeof descriptor?.value === "function" && !everyObject.has(name)) names.add(name);
    }
  }
  return [...names].sort();
}

function isClass(value: unknown): value is new (...given: unknown[]) => object {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

/** All that can be called. */
export function surface(): Callable[] {
  const world = makeWorld();
  const callables: Callable[] = [];
  for (const [owner, object] of Object.entries(world.objects)) {
    for (const method of methodsOf(object)) {
      if (!Object.hasOwn(leftOut, method)) callables.push({ owner, method, kind: "method" });
    }
  }
  for (const [name, value] of Object.entries(library)) {
    if (typeof value !== "function") continue;
    if (!isClass(value)) {
      callables.push({ owner: "", method: name, kind: "function" });
      continue;
    }
    if (!notConstructed.has(name)) callables.push({ owner: name, method: "new", kind: "constructor" });
    for (const method of Object.getOwnPropertyNames(value)) {
      const found: unknown = Object.getOwnPropertyDescriptor(value, method)?.value;
      if (typeof found === "function" && !isClass(found)) callables.push({ owner: name, method, kind: "static" });
    }
  }
  for (const [name, type] of Object.entries({ Thing, Inner })) {
    callables.push({ owner: name, method: "new", kind: "constructor" });
    for (const method of ["load", "loadSync", "open", "openSync"]) {
      if (method in type) callables.push({ owner: name, method, kind: "static" });
    }
  }
  world.file.abandonSync();
  return callables;
}

const classes: Readonly<Record<string, unknown>> = { ...library, Thing, Inner };

/** Calls something of a world. */
export function callIn(world: World, { owner, method, kind }: Callable, given: readonly unknown[]): unknown {
  if (kind === "function") return (classes[method] as (...given: readonly unknown[]) => unknown)(...given);
  if (kind === "constructor") return new (classes[owner] as new (...given: readonly unknown[]) => object)(...given);
  const object = (kind === "static" ? classes[owner] : world.objects[owner]) as Record<
    string,
    (...given: readonly unknown[]) => unknown
  >;
  return object[method](...given);
}

/** Whether a call answers a promise or an asynchronous generator, so that it never throws. */
export function isAsync(world: World, { owner, method, kind }: Callable): boolean {
  if (kind === "constructor" || method.endsWith("Sync")) return false;
  const holder = kind === "method" ? world.objects[owner] : kind === "static" ? classes[owner] : classes;
  return `${method}Sync` in (holder as object);
}

/** Arguments with which a method does what it is for; others are called with these too. */
export const validArguments: Readonly<Record<string, readonly unknown[]>> = {
  get: ["d"],
  dataset: ["d"],
  group: ["g"],
  has: ["d"],
  link: ["d"],
  createGroup: ["new", {}],
  requireGroup: ["g", {}],
  createDataset: ["new", { data: [1, 2] }],
  commitDatatype: ["new", "int8"],
  createSoftLink: ["new", "/d"],
  createExternalLink: ["new", "other.h5", "/d"],
  createHardLink: ["new", null],
  delete: ["g"],
  read: [null, {}],
  write: [[1, 2, 3, 4], null],
  append: [[5, 6], {}],
  resize: [[2], {}],
  set: ["name", 1, {}],
  open: [sample, {}],
  load: [saved, {}],
  create: [undefined, {}],
  ndarray: [[1, 2], {}],
};
