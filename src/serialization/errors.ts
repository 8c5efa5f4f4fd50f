import { HDF5Error } from "../format/index.js";

/** An argument of the caller that cannot be used; nothing was changed. */
export function invalidArgument(message: string): HDF5Error {
  return new HDF5Error("invalid-argument", message);
}
