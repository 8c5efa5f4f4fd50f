import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { HDF5File, OpenOptions, Resolver } from "../../src/format/index.js";
import { directoryResolver, open, openSync } from "../../src/format/index.js";
import { scratchPath } from "../structures/support.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

export { hasH5py, python, scratchPath } from "../structures/support.js";

const scratch = scratchPath("x").slice(0, -2);

/** The files of the scratch directory. */
export function beside(): Resolver {
  return directoryResolver(scratch);
}

export function openBeside(name: string, options: OpenOptions = {}): HDF5File {
  return openSync(scratchPath(name), { resolver: beside(), ...options });
}

class NamedSource extends NothingResidentSource {
  readonly path: string;

  constructor(path: string) {
    super(new Uint8Array(readFileSync(path)), { pageSize: 32 });
    this.path = path;
  }
}

/** Opens a file and those it refers to with nothing resident, through a resolver that answers later. */
export function openLater(name: string): Promise<HDF5File> {
  const resolver: Resolver = async (wanted, request) => {
    const found = await beside()(wanted, { ...request, from: "memory" });
    return typeof found === "string" ? sourceOf(found) : null;
  };
  return open(sourceOf(scratchPath(name)), { resolver });
}

function sourceOf(path: string) {
  const source = new NamedSource(path);
  return {
    name: basename(path),
    size: source.size,
    pageSize: source.pageSize,
    read: (offset: number, length: number) => source.read(offset, length),
  };
}

/** Numbers of a value as a flat list. */
export function flat(value: unknown): unknown {
  const array = value as { readonly data: ArrayLike<number | bigint>; readonly shape: readonly number[] };
  return { shape: array.shape, data: Array.from(array.data, Number) };
}
