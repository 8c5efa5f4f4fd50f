import { HDF5Error } from "../errors.js";
import type { Operation } from "./operation.js";
import { awaited } from "./operation.js";

/**
 * Says that a part of the library is needed which has not been loaded yet. Operations load it and go on; what cannot
 * wait fails with it.
 */
export class NotLoaded<Part = unknown> extends HDF5Error {
  readonly load: () => Promise<Part>;

  /** @param what - what the part reads */
  constructor(what: string, load: () => Promise<Part>) {
    super("sync-unavailable", `${what} can only be read asynchronously: call the method without "Sync"`);
    this.load = load;
  }
}

/** The part that is missing, where the operation may wait for it. */
export function loadPart<Part>(missing: NotLoaded<Part>): Operation<Part> {
  return awaited((atOnce) => {
    if (atOnce) throw missing;
    return missing.load();
  });
}
