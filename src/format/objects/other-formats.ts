/** What files that are not HDF5 are, told by how they begin, and what can be done about it. */

/** Bytes of a file that {@link whatItIs} looks at. */
const lookedAt = 512;

/** Formats whose files begin with these bytes; the first that fits counts. */
const formats: readonly (readonly [magic: string, what: string])[] = [
  ["\x1f\x8b", "it is compressed with gzip; decompress it first"],
  ["BZh", "it is compressed with bzip2; decompress it first"],
  ["\xfd7zXZ\0", "it is compressed with xz; decompress it first"],
  ["\x28\xb5\x2f\xfd", "it is compressed with Zstandard; decompress it first"],
  ["7z\xbc\xaf\x27\x1c", "it is a 7-Zip archive; unpack it first"],
  ["PK\x03\x04", "it is a ZIP archive, as NumPy's npz and zipped Zarr are too; unpack it first"],
  ["version https://git-lfs", "it is a pointer of Git LFS in the place of the file: `git lfs pull` fetches it"],
  ["/annex/objects/", "it is a pointer of git-annex in the place of the file: `git annex get` fetches it"],
  ["CDF\x01", "it is netCDF-3, the classic format; `nccopy -k nc4` makes it netCDF-4, which is HDF5"],
  ["CDF\x02", "it is netCDF-3 with 64-bit offsets; `nccopy -k nc4` makes it netCDF-4, which is HDF5"],
  ["CDF\x05", "it is netCDF-3 with 64-bit data; `nccopy -k nc4` makes it netCDF-4, which is HDF5"],
  ["\x0e\x03\x13\x01", "it is HDF4, another format than HDF5; `h4toh5` converts it"],
  ["\xcd\xf3\x00\x01", "it is a NASA CDF file"],
  ["\x93NUMPY", "it is a NumPy array (npy)"],
  ["MATLAB 5.0", "it is a Matlab file of version 5; those saved with `-v7.3` are HDF5"],
  ["SIMPLE  =", "it is a FITS file"],
  ["II*\0", "it is a TIFF image"],
  ["MM\0*", "it is a TIFF image"],
  ["\x89PNG", "it is a PNG image"],
  ["%PDF", "it is a PDF document"],
  ["GRIB", "it is a GRIB file"],
  ["PAR1", "it is a Parquet file"],
  ["SQLite format 3", "it is an SQLite database"],
];

/** Texts that begin so, white space and letter case aside. */
const texts: readonly (readonly [start: RegExp, what: string])[] = [
  [
    /^(<!--.*?-->\s*)?<(!doctype html|html|head|body)\b/s,
    "it is a page of HTML, as servers answer in the place of files",
  ],
  [/^<\?xml|^<[a-z]+[\s>]/, "it is XML, as object stores answer in the place of files"],
  [/^\{\s*["}]|^\[\s*[["{]/, "it is JSON, as web services answer in the place of files"],
];

/** What a file of `size` bytes is that has no format signature and begins with `head`. */
function whatItIs(head: Uint8Array, size: number): string {
  if (size === 0) return "the file is empty";
  const start = String.fromCharCode(...head);
  for (const [magic, what] of formats) if (start.startsWith(magic)) return what;
  if (start.startsWith("ustar", 257)) return "it is a tar archive; unpack it first";
  const text = start
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart()
    .toLowerCase();
  for (const [begin, what] of texts) if (begin.test(text)) return what;
  if (head.every((byte) => byte === 0)) return "it begins with only zeros, as unfinished downloads do";
  const bytes = Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  if (size < 8) return `${size} bytes are no file (${bytes})`;
  return `no format signature in ${size} bytes; it begins with ${bytes}`;
}

/** What only files of other formats need, apart from the rest so that it can be loaded with one of them. */
export const otherFormats = { lookedAt, whatItIs } as const;

/** See {@link otherFormats}. */
export type OtherFormats = typeof otherFormats;
