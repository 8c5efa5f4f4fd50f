/** Constructors that are given a file instead of values. */

import { HDF5Error } from "../format/index.js";
import type { PropertyNames } from "./class-types.js";
import { lookingAt } from "./errors.js";
import type { LoadOptions } from "./file-tasks.js";
import type { ConstructorValues, OpenOptions } from "./object-files.js";
import { loadValuesTask, openValuesTask } from "./object-files.js";
import type { Constructor } from "./registry.js";
import type { Serializable } from "./serializable.js";
import { runTaskSync } from "./task.js";

/** A file whose object a constructor makes: a path, a URL, bytes, a `Blob`; the last is not read at once. */
export type ConstructorSource = string | URL | Blob | ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/** How a constructor loads or opens a file: with a `mode`, the arrays stay there. */
export type ConstructorOptions<Instance = Serializable> =
  | OpenOptions<Instance, PropertyNames<Instance>>
  | LoadOptions<PropertyNames<Instance>>;

const tags: ReadonlySet<string> = new Set(["URL", "Blob", "File", "ArrayBuffer", "SharedArrayBuffer"]);

/** Whether the argument of a constructor is a file and no values. */
export function isConstructorSource(value: unknown): value is ConstructorSource {
  if (typeof value === "string" || ArrayBuffer.isView(value)) return true;
  return tags.has(Object.prototype.toString.call(value).slice(8, -1));
}

/** The values of the object of a file, at once. */
export function valuesFrom(
  type: Constructor<Serializable>,
  source: ConstructorSource,
  options: ConstructorOptions = {},
): ConstructorValues {
  const opens = lookingAt(() => "mode" in options && options.mode !== undefined);
  try {
    if (opens)
      return runTaskSync(openValuesTask(type, source, options as unknown as OpenOptions<Serializable, string>));
    return runTaskSync(loadValuesTask(type, source, options as LoadOptions));
  } catch (error) {
    if (!(error instanceof HDF5Error) || error.code !== "sync-unavailable") throw error;
    const instead = `await ${type.name}.${opens ? "open" : "load"}(…)`;
    throw new HDF5Error(error.code, `${error.message}; ${instead} instead of new ${type.name}(…)`, { cause: error });
  }
}
