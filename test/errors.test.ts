import { describe, expect, it } from "vitest";
import { HDF5Error, withPath } from "../src/format/errors.js";

describe("HDF5Error", () => {
  it("keeps all that it knows when the object's path is added", () => {
    const cause = new TypeError("fetch failed");
    const details = { offset: 77, status: 503, url: "http://example.org/x.h5", cause };
    const error = withPath(new HDF5Error("io", "the server answered 503", details), "/group/x");
    expect(error).toMatchObject({
      code: "io",
      path: "/group/x",
      message: "/group/x: the server answered 503",
      ...details,
    });
    expect(withPath(error, "/other")).toBe(error);
  });

  it("has no status and no URL where no server is concerned", () => {
    const { status, url } = new HDF5Error("corrupt", "damaged");
    expect([status, url]).toEqual([undefined, undefined]);
  });
});
