import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { createSync, open, openSync } from "../../src/format/index.js";
import { hasH5py, python, readScratch } from "../structures/support.js";
import { failureOf } from "../support/failure.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

const directory = mkdtempSync(join(tmpdir(), "formats-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function hdf5(): Uint8Array {
  const file = createSync();
  file.createDatasetSync("x", { data: [1, 2, 3] });
  file.flushSync();
  return file.bytes();
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const lfsPointer =
  "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

/** What is given for a file, and what its error must name. */
const contents: readonly (readonly [what: string, bytes: Uint8Array, named: RegExp])[] = [
  ["nothing", new Uint8Array(0), /the file is empty/],
  ["a few bytes", Uint8Array.of(0x89, 0x48), /2 bytes are no file/],
  ["gzip", gzipSync(hdf5()), /compressed with gzip/],
  ["a page", text("\n<!DOCTYPE html>\n<html><body>Not found</body></html>"), /HTML/],
  ["a page with a byte order mark", text("\ufeff<html lang='en'>"), /HTML/],
  ["what object stores answer", text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), /XML/],
  ["what web services answer", text(' {"error": "no such file"}'), /JSON/],
  ["a Git LFS pointer", text(lfsPointer), /Git LFS.*git lfs pull/],
  ["a git-annex pointer", text("/annex/objects/SHA256E-s123--abc.h5\n"), /git-annex/],
  ["NetCDF classic", Uint8Array.of(0x43, 0x44, 0x46, 1, 0, 0, 0, 0, 0, 0), /netCDF-3/],
  ["NetCDF 64-bit offset", Uint8Array.of(0x43, 0x44, 0x46, 2, 0, 0, 0, 0, 0, 0), /netCDF-3/],
  ["NetCDF 64-bit data", Uint8Array.of(0x43, 0x44, 0x46, 5, 0, 0, 0, 0, 0, 0), /netCDF-3/],
  ["HDF4", Uint8Array.of(0x0e, 0x03, 0x13, 0x01, 0, 0, 0, 0, 0, 0), /HDF4/],
  ["zip", text("PK\x03\x04 and so on"), /ZIP/],
  ["bzip2", text("BZh91AY&SY and so on"), /bzip2/],
  ["xz", Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0, 4), /xz/],
  ["Zstandard", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 1, 2, 3), /Zstandard/],
  ["NumPy", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0), /NumPy/],
  ["Matlab version 5", text("MATLAB 5.0 MAT-file, Platform: GLNXA64"), /Matlab.*-v7\.3/],
  ["zeros, as unfinished downloads have them", new Uint8Array(4096), /only zeros/],
  ["anything else", text("once upon a time"), /it begins with 6f 6e 63 65 20 75 70 6f/],
];

describe("opening what is no HDF5 file names what it is", () => {
  it.each(contents)("%s", async (_what, bytes, named) => {
    const path = join(directory, "file.h5");
    writeFileSync(path, bytes);
    for (const attempt of [
      () => open(bytes),
      () => open(path),
      () => open(new NothingResidentSource(bytes, { pageSize: 16 })),
      () => openSync(bytes),
      // An empty file that is opened for changes is a new one.
      () => openSync(path, { mode: bytes.length === 0 ? "r" : "r+" }),
    ]) {
      const error = await failureOf(attempt);
      expect(error).toMatchObject({ code: "corrupt" });
      expect(error.message).toMatch(/not an HDF5 file/);
      expect(error.message).toMatch(named);
    }
  });

  it("and leaves alone what only begins like another format", async () => {
    const bytes = hdf5();
    const withUserBlock = new Uint8Array(512 + bytes.length);
    withUserBlock.set(text("<html>"));
    withUserBlock.set(bytes, 512);
    const file = await open(withUserBlock);
    expect(await file.keys()).toEqual(["x"]);
  });

  it("and says of a cut HDF5 file that it is cut", async () => {
    const whole = hdf5();
    const error = await failureOf(() => open(whole.subarray(0, -20)));
    expect(error.message).toMatch(`the file is truncated: expected ${whole.length} bytes, found ${whole.length - 20}`);
  });

  it.skipIf(!hasH5py)("as other programs write it", async () => {
    python(`
import tarfile, gzip, bz2, lzma
np.save('array.npy', np.arange(3))
np.savez('arrays.npz', a=np.arange(3))
with tarfile.open('tape.tar', 'w') as tar: tar.add('array.npy')
data = open('array.npy', 'rb').read()
for module, name in [(gzip, 'gz'), (bz2, 'bz2'), (lzma, 'xz')]: module.open('array.' + name, 'wb').write(data)
`);
    for (const [name, named] of [
      ["array.npy", /NumPy/],
      ["arrays.npz", /ZIP/],
      ["tape.tar", /tar archive/],
      ["array.gz", /gzip/],
      ["array.bz2", /bzip2/],
      ["array.xz", /xz/],
    ] as const) {
      expect((await failureOf(() => open(readScratch(name)))).message).toMatch(named);
    }
  });

  it("and of a file that a link leads to", async () => {
    const file = createSync();
    file.createExternalLinkSync("link", "other.h5", "/");
    file.flushSync();
    const resolver = () => gzipSync(hdf5());
    const later = await open(file.bytes(), { resolver });
    expect((await failureOf(() => later.get("link"))).message).toMatch(/gzip/);
    expect((await failureOf(() => openSync(file.bytes(), { resolver }).getSync("link"))).message).toMatch(/gzip/);
  });
});
