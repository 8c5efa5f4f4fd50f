import type { Known } from "../arguments/known-options.js";
import type { StringForm } from "./datatypes/strings.js";
import { stringForms } from "./datatypes/strings.js";
import { HDF5Error, invalidArgument } from "./errors.js";
import type { FileHooks } from "./file.js";
import { HDF5File } from "./file.js";
import type { Limits } from "./limits.js";
import { limitNames } from "./limits.js";
import { callNames } from "./objects/call-options.js";
import type { Editor } from "./objects/editor.js";
import type { ForeignFiles } from "./objects/foreign-files.js";
import { openState } from "./objects/open-state.js";
import { openRoot } from "./objects/resolve-path.js";
import type { Resolver } from "./objects/resolver.js";
import type { Device } from "./storage/device.js";
import type { Locking } from "./storage/file-lock.js";
import type { HttpOptions } from "./storage/http-options.js";
import type { Host, Operation } from "./storage/operation.js";
import { delegate } from "./storage/operation.js";
import type { Durability } from "./storage/transaction.js";

/** How an existing file is opened. */
export interface OpenOptions extends HttpOptions {
  /** `r` to read (default), `r+` to read and write, `a` like `r+` but creating a local file that is missing. */
  readonly mode?: "r" | "r+" | "a";
  /** What the file may make this library do. */
  readonly limits?: Partial<Limits>;
  /**
   * What strings of the file are read as, in datasets and attributes, where the call does not say. Default `utf8`, in
   * which a string that is not valid UTF-8 is an `UndecodableString`. With `latin1`, strings of types that are not
   * declared as UTF-8 are written in Latin-1 too.
   */
  readonly strings?: StringForm;
  /** When changes are durable: after each flush (`full`, default), never forced (`process`), or `onClose`. */
  readonly durability?: Durability;
  /**
   * Whether a local file is locked while it is open, with the locks of libhdf5, so that its programs (h5py, the HDF5
   * tools) and this library keep each other out. `"best-effort"` (default) takes the exclusive lock for writing where
   * the system can; `true` requires it, and for reading the shared one, which keeps writers out; `false` takes none and
   * asks for none. The environment variable HDF5_USE_FILE_LOCKING (`TRUE`, `FALSE`, `BEST_EFFORT`) overrides it.
   */
  readonly locking?: Locking;
  /**
   * Opens a file whose superblock (version 3) marks it as open for writing, which is refused otherwise, as libhdf5 does.
   * With `r+` the mark is taken off, like `h5clear -s`. Only where no program writes to the file: one that was killed
   * has left the mark. Default false.
   */
  readonly clearFlags?: boolean;
  /**
   * Finds the files that this one refers to: those of external links, external raw data and virtual datasets, and the
   * parts of a family, multi or split file. They are opened for reading and closed with this file. Without a resolver
   * they are refused; `directoryResolver(directory)` allows those of one directory.
   */
  readonly resolver?: Resolver;
}

/** The names of {@link OpenOptions}; how the mode is wrong is said where it is used. */
export const openNames: Known<OpenOptions> = {
  ...callNames,
  mode: true,
  limits: limitNames,
  durability: ["full", "process", "onClose"],
  locking: [true, false, "best-effort"],
  clearFlags: "boolean",
  resolver: "function",
  strings: stringForms,
  fetch: "function",
  headers: true,
  maxWholeBytes: "size",
  retry: true,
  size: "size",
};

/** The parts of the library that are loaded only where they are needed. */
export interface FileSupport {
  /** With it, the file can be changed. */
  readonly editor: Editor | null;
  /** With them, the file can refer to others. */
  readonly foreign: ForeignFiles | null;
}

/** Opens what a host has. */
export function* openFile(
  host: Host,
  options: OpenOptions,
  support: FileSupport,
  hooks: FileHooks,
): Operation<HDF5File> {
  const { limits, durability, strings, clearFlags } = options;
  const { foreign } = support;
  const parts = { limits, durability, strings, clearFlags, ...support };
  const state = yield* openState(host.device, host.cache, parts);
  const root = yield* delegate(state, () => openRoot(state));
  if (root.kind !== "group") throw new HDF5Error("corrupt", "the root object is not a group");
  const release = (): void => {
    hooks.release?.();
    foreign?.close();
  };
  return new HDF5File(state, root, { ...hooks, release });
}

/** Whether the mode asks for changes. */
export function isWritableMode(mode: OpenOptions["mode"]): boolean {
  if (mode === undefined || mode === "r") return false;
  if (mode === "r+" || mode === "a") return true;
  throw invalidArgument(`the mode is "r", "r+" or "a", not ${JSON.stringify(mode)}; use create() for a new file`);
}

/** `error` with the file's name in front. */
export function named(error: unknown, device: Device | undefined): unknown {
  if (!(error instanceof HDF5Error) || device === undefined || error.message.startsWith(device.name)) return error;
  error.message = `${device.name}: ${error.message}`;
  return error;
}
