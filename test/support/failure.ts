import { expect } from "vitest";
import { HDF5Error } from "../../src/format/errors.js";

/** The error that an action must raise. */
export function failure(action: () => unknown): HDF5Error {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(HDF5Error);
    return error as HDF5Error;
  }
  throw new Error("nothing was thrown");
}

/** The error that an action, which may answer later, must raise. */
export async function failureOf(action: () => unknown): Promise<HDF5Error> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(HDF5Error);
    return error as HDF5Error;
  }
  throw new Error("nothing was thrown");
}
