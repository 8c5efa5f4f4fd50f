import type { StringForm } from "../datatypes/strings.js";
import { HDF5Error } from "../errors.js";
import type { Limits } from "../limits.js";
import { completeLimits } from "../limits.js";
import type { ResolvedSelection } from "../selection/selection.js";
import { closeDevice } from "../storage/close-device.js";
import type { Device } from "../storage/device.js";
import { openDevice } from "../storage/open-device.js";
import { openDeviceSync } from "../storage/open-device-sync.js";
import type { Host, Operation } from "../storage/operation.js";
import { awaited, delegate } from "../storage/operation.js";
import type { DriverInfo } from "../structures/messages/driver-info.js";
import type { AssembledFile } from "./assemble-file.js";
import { assembleFamily, assembleMulti } from "./assemble-file.js";
import { readExternalData } from "./external-data-read.js";
import type { FileState } from "./file-state.js";
import type { ObjectState } from "./object-state.js";
import { hostFor, openState } from "./open-state.js";
import type { Resolver, ResolverRequest } from "./resolver.js";

/** A file that another one refers to, open for reading. */
export interface ForeignFile {
  readonly key: string;
  readonly host: Host;
  /** `null` where only its bytes are wanted. */
  readonly state: FileState | null;
  /** Operations that use it now. */
  users: number;
  /** Whether handles of its objects may exist. */
  pinned: boolean;
}

/** Files without users are closed when more than this many are open. */
const keptOpen = 64;
/** Caches of a foreign file have this part of the limits. */
const cacheShare = 8;

/** The foreign files of a file that is opened with these options; `null` where there is no resolver. */
export function foreignFiles(options: {
  readonly resolver?: Resolver;
  readonly limits?: Partial<Limits>;
}): ForeignFiles | null {
  const { resolver, limits } = options;
  if (resolver === undefined) return null;
  return new ForeignFiles(resolver, completeLimits(limits));
}

/**
 * The files that a file and those it refers to have opened through the caller's resolver. Everything that only a
 * resolver can reach is reached through it, so that programs without one do not load it.
 */
export class ForeignFiles {
  readonly #resolver: Resolver;
  readonly #limits: Limits;
  /** In the order of their last use. */
  readonly #open = new Map<string, ForeignFile>();
  #closed = false;

  constructor(resolver: Resolver, limits: Limits) {
    this.#resolver = resolver;
    this.#limits = {
      ...limits,
      cacheBytes: Math.floor(limits.cacheBytes / cacheShare),
      chunkCacheBytes: Math.floor(limits.chunkCacheBytes / cacheShare),
    };
  }

  /** Asks the resolver for a file and opens its device; `null` where there is none. */
  *openDevice(name: string, request: ResolverRequest): Operation<Device | null> {
    let answer: Device | null | Promise<Device | null> = null;
    try {
      return yield* awaited((atOnce) => {
        answer = this.#answer(name, request, atOnce);
        return answer;
      });
    } catch (error) {
      // Where the operation was given up, a device may still arrive.
      Promise.resolve<Device | null>(answer)
        .then((device) => device?.close())
        .catch(() => {});
      if (error instanceof HDF5Error && error.code === "not-found") return null;
      throw error;
    }
  }

  #answer(name: string, request: ResolverRequest, atOnce: boolean): Device | null | Promise<Device | null> {
    const answer = this.#resolver(name, request);
    const isPromise = answer instanceof Promise || (typeof answer === "object" && answer !== null && "then" in answer);
    // A promise is refused where an answer is needed at once: nothing is opened for it.
    if (isPromise) return Promise.resolve(answer).then((source) => (atOnce ? null : opened(source, atOnce)));
    return opened(answer, atOnce);
  }

  /**
   * The file that `from` calls `name`, or `null` where there is none. Release it when done.
   *
   * A file that an external link leads to stays open, since handles of its objects are given out.
   */
  *acquire(
    from: FileState,
    name: string,
    kind: Exclude<ResolverRequest["kind"], "file-member">,
  ): Operation<ForeignFile | null> {
    const key = JSON.stringify([kind === "external-data", from.device.name, name]);
    const known = this.#known(key, kind);
    if (known !== null) return known;
    const device = yield* this.openDevice(name, { kind, from: from.device.name });
    if (device === null) return null;
    let host: Host = hostFor(device, { limits: this.#limits });
    let state: FileState | null = null;
    if (kind !== "external-data") {
      state = yield* this.#openState(host, from.strings);
      host = state;
    }
    // Another operation may have opened it meanwhile.
    const raced = this.#known(key, kind);
    if (raced !== null || this.#closed) {
      yield* closeDevice(host.device);
      if (raced === null) throw new HDF5Error("closed", `${from.device.name} has been closed`);
      return raced;
    }
    const file: ForeignFile = { key, host, state, users: 1, pinned: kind === "external-link" };
    this.#open.set(key, file);
    return file;
  }

  #known(key: string, kind: ResolverRequest["kind"]): ForeignFile | null {
    const file = this.#open.get(key);
    if (file === undefined) return null;
    this.#open.delete(key);
    if (file.state?.closed === true) return null;
    this.#open.set(key, file);
    file.users++;
    file.pinned ||= kind === "external-link";
    return file;
  }

  *#openState(host: Host, strings: StringForm): Operation<FileState> {
    try {
      return yield* delegate(host, () =>
        openState(host.device, host.cache, { editor: null, limits: this.#limits, strings, foreign: this }),
      );
    } catch (error) {
      yield* closeDevice(host.device);
      if (error instanceof HDF5Error) error.message = `${host.device.name}: ${error.message}`;
      throw error;
    }
  }

  /** Ends a use of a file; files that nobody uses are closed when there are many. */
  *release(file: ForeignFile): Operation<void> {
    file.users--;
    if (this.#open.size <= keptOpen) return;
    for (const candidate of this.#open.values()) {
      if (candidate.users > 0 || candidate.pinned) continue;
      this.#open.delete(candidate.key);
      if (candidate.state !== null) candidate.state.closed = true;
      yield* closeDevice(candidate.host.device);
      return;
    }
  }

  /** {@link readExternalData} */
  readExternalData(object: ObjectState, selection: ResolvedSelection, target: Uint8Array): Operation<void> {
    return readExternalData(this, object, selection, target);
  }

  /** {@link assembleFamily} */
  assembleFamily(first: Device, memberSize: number, end: number): Operation<AssembledFile> {
    return assembleFamily(this, first, memberSize, end);
  }

  /** {@link assembleMulti} */
  assembleMulti(first: Device, driver: DriverInfo, offset: number): Operation<AssembledFile> {
    return assembleMulti(this, first, driver, offset);
  }

  /** Closes all files. Nothing was written to them, so a failure to close one loses nothing. */
  close(): void {
    this.#closed = true;
    for (const { host, state } of this.#open.values()) {
      if (state?.closed === true) continue;
      if (state !== null) state.closed = true;
      host.device.close().catch(() => {});
    }
    this.#open.clear();
  }
}

function opened(source: unknown, atOnce: boolean): Device | null | Promise<Device | null> {
  if (source === null || source === undefined) return null;
  return atOnce ? openDeviceSync(source) : openDevice(source);
}
