import { afterEach, describe, expect, it, vi } from "vitest";
import { open } from "../../src/format/index.js";
import { openDevice } from "../../src/format/storage/open-device.js";
import { resolveSource } from "../../src/format/storage/sources.js";

/** As if this were a page, or a worker of one: no file system, and a place that relative URLs are resolved against. */
function pretend(place: { readonly baseURI?: string; readonly href: string }): void {
  vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
  vi.stubGlobal("location", { href: place.href });
  if (place.baseURI !== undefined) vi.stubGlobal("document", { baseURI: place.baseURI });
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("a path in a page", () => {
  it("is a URL relative to the document's base, which a base element may move", () => {
    pretend({ href: "https://example.org/app/index.html?a#b", baseURI: "https://example.org/lib/" });
    for (const [path, url] of [
      ["/files/x.h5", "https://example.org/files/x.h5"],
      ["files/x.h5", "https://example.org/lib/files/x.h5"],
      ["./x y.h5?v=1", "https://example.org/lib/x%20y.h5?v=1"],
      ["../x.h5", "https://example.org/x.h5"],
      ["//host.org/x.h5", "https://host.org/x.h5"],
      ["https://other.org/x.h5", "https://other.org/x.h5"],
    ]) {
      expect(resolveSource(path)).toEqual({ kind: "url", url });
    }
  });

  it("is a URL relative to the script of a worker", () => {
    pretend({ href: "http://example.org/assets/worker.js" });
    expect(resolveSource("x.h5")).toEqual({ kind: "url", url: "http://example.org/assets/x.h5" });
    expect(resolveSource("/x.h5")).toEqual({ kind: "url", url: "http://example.org/x.h5" });
  });

  it("is refused, with advice, where the place of the page or worker cannot be a base", async () => {
    pretend({ href: "blob:http://example.org/2b3e" });
    const refused = { code: "invalid-argument", message: expect.stringContaining("absolute URL") };
    await expect(open("/x.h5")).rejects.toMatchObject(refused);
  });

  it("stays a path where the page itself is a local file", async () => {
    pretend({ href: "file:///home/me/page.html" });
    expect(resolveSource("x.h5")).toEqual({ kind: "path", path: "x.h5" });
    pretend({ href: "https://example.org/" });
    expect(resolveSource("C:\\data\\x.h5")).toEqual({ kind: "path", path: "C:\\data\\x.h5" });
    expect(resolveSource("file:///x.h5")).toEqual({ kind: "path", path: "file:///x.h5" });
    await expect(openDevice("C:\\data\\x.h5")).rejects.toMatchObject({ feature: "local files" });
  });

  it("stays a path where there is a file system, even with a location", () => {
    vi.stubGlobal("location", { href: "https://example.org/" });
    vi.stubGlobal("document", { baseURI: "https://example.org/" });
    expect(resolveSource("/files/x.h5")).toEqual({ kind: "path", path: "/files/x.h5" });
    expect(resolveSource("//host/x.h5")).toEqual({ kind: "path", path: "//host/x.h5" });
  });

  it("stays a path where there is neither a file system nor a page", () => {
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    expect(resolveSource("/files/x.h5")).toEqual({ kind: "path", path: "/files/x.h5" });
  });

  it("is asked for with fetch", async () => {
    pretend({ href: "https://example.org/app/" });
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return new Response(Uint8Array.of(1, 2, 3));
    };
    expect((await openDevice("files/x.h5", { fetch })).size).toBe(3);
    expect(asked).toEqual(["https://example.org/app/files/x.h5"]);
    await expect(openDevice("files/x.h5", { mode: "r+" })).rejects.toMatchObject({ code: "read-only" });
  });
});
