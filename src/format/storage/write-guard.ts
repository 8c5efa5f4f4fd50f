import type { Operation } from "./operation.js";

/** What stands round writes to a device that others may write to as well. Calls may be nested; the outermost count. */
export interface WriteGuard {
  /**
   * Keeps others from writing, and makes sure that none has written since.
   *
   * @throws HDF5Error `changed` where one has, `locked` where one does not stop
   */
  before(): Operation<void>;
  /** Takes note of what was written, also where that failed, and lets others write. Does not fail. */
  after(): Operation<void>;
}
