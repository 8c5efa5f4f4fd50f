/** Every kind of edit on every kind of file: h5py must see what its own edit of a copy would have given. */

import { copyFileSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import { UnsupportedFeatureError } from "../../src/format/index.js";
import type { Base } from "./bases.js";
import { bases, buildByH5py, counting } from "./bases.js";
import type { Description } from "./describe.js";
import { describeFile } from "./describe.js";
import type { Edit } from "./edits.js";
import { edits } from "./edits.js";
import type { Face } from "./faces.js";
import { dataset, faces } from "./faces.js";
import { describedByH5py, hasJudge, scratch, withFile } from "./judge.js";

/** What a colleague does to the file afterwards, whatever is left in it. */
const further = `
f["plain"].attrs["again"] = "h5py"
f.create_dataset("again/x", data=np.arange(50.0), chunks=(8,), maxshape=(None,), compression="gzip")
for name in "chunked", "filtered", "unwritten":
    if name in f:
        d = f[name]
        d.resize(d.shape[0] + 3, axis=0)
        d[-1] = 77
        d[:2, :1] = 66
if f["strings"].dtype.kind == "O": f["strings"][0] = "from Python"
del f["fixed"]
a = f["plain"].attrs
for i in range(10): a[f"from Python {i}"] = i
for name in list(a)[1:-3]: del a[name]
g = f["g"]
for i in range(5): g.attrs[f"from Python {i}"] = i
for name in list(g.attrs)[:3]: del g.attrs[name]
many = f["many"]
for i in range(10): many.create_group(f"from Python {i}")
for name in list(many)[:5]: del many[name]
if "types" in f: f["types/int8"].attrs["x"] = 1
f["linked again"] = f["plain"]
`;

async function ourView(face: Face, path: string): Promise<Description> {
  const file = await face.open(path);
  try {
    return await describeFile(face, file);
  } finally {
    await face.close(file);
  }
}

/** What we do to the file after the colleague. */
async function finalEdit(face: Face, file: HDF5File): Promise<void> {
  const appended = await dataset(face, file, "again/x");
  if (appended.stored.layout.kind === "chunked" && appended.stored.layout.indexing.type === "btree-v1") {
    await face.append(appended, counting([5], 50));
  }
  await face.setAttribute(await face.get(file, "g"), "last", "ours");
  await face.delete(file, "linked again");
}

async function edited(face: Face, path: string, edit: (face: Face, file: HDF5File) => Promise<void>): Promise<void> {
  const file = await face.open(path, { mode: "r+", durability: "process" });
  try {
    await edit(face, file);
  } catch (error) {
    await face.abandon(file);
    throw error;
  }
  await face.close(file);
}

const expectations = new Map<string, Promise<Description>>();

/** What h5py makes of its own base by its own edit. */
function expectation(tracked: boolean, edit: Edit): Promise<Description> {
  const key = `${tracked} ${edits.indexOf(edit)}`;
  const make = async (): Promise<Description> => {
    const path = scratch(`expected ${key}.h5`);
    await buildByH5py(path, edit.needsNewHeaders ? "latest" : "earliest", { tracked });
    await withFile(path, '"r+"', edit.theirs);
    return withoutDangling(await describedByH5py(path));
  };
  const known = expectations.get(key) ?? make();
  expectations.set(key, known);
  return known;
}

async function check(face: Face, base: Base, original: string, name: string, edit: Edit): Promise<void> {
  const path = scratch(`${name}.h5`);
  copyFileSync(original, path);
  await edited(face, path, edit.ours);
  const expected = await expectation(base.tracked, edit);
  expect(withoutDangling(await describedByH5py(path, { dump: true }))).toEqual(expected);
  expect(withoutDangling(await ourView(face, path))).toEqual(expected);
  await withFile(path, '"r+"', further);
  const afterwards = withoutDangling(await describedByH5py(path));
  expect(withoutDangling(await ourView(face, path))).toEqual(afterwards);
  await edited(face, path, finalEdit);
  const atLast = await describedByH5py(path, { dump: true });
  expect(withoutDangling(await ourView(face, path))).toEqual(withoutDangling(atLast));
}

/** A reference to a deleted object has no value that could be compared. */
function withoutDangling(description: Description): Description {
  const references = description["/references"];
  if (description["/chunked"] !== undefined || typeof references !== "object") return description;
  return { ...description, "/references": { ...references, value: null } };
}

function isRefused(base: Base, edit: Edit): "unsupported" | "invalid-argument" | null {
  if (base.chunksAreReadOnly && edit.changesChunks) return "unsupported";
  return edit.needsNewHeaders && !base.hasNewHeaders ? "invalid-argument" : null;
}

describe.skipIf(!hasJudge)("edits", () => {
  bases.forEach((base, baseIndex) => {
    describe(`of ${base.name} files`, () => {
      let original: Promise<string> | null = null;
      const build = async (): Promise<string> => {
        const path = scratch(`base-${baseIndex}.h5`);
        await base.build(faces[baseIndex % 2], path);
        return path;
      };
      edits.forEach((edit, index) => {
        const face = faces[(baseIndex + index) % 2];
        it(`${edit.name} (${face.name})`, async () => {
          original ??= build();
          const path = await original;
          const refusal = isRefused(base, edit);
          if (refusal === null) {
            await check(face, base, path, `${baseIndex}-${index}`, edit);
            return;
          }
          const copy = scratch(`${baseIndex}-${index}.h5`);
          copyFileSync(path, copy);
          const failure = await edited(face, copy, edit.ours).then(
            () => null,
            (error: unknown) => error,
          );
          expect(failure).toMatchObject({ code: refusal });
          if (refusal === "unsupported") expect(failure).toBeInstanceOf(UnsupportedFeatureError);
          expect(readFileSync(copy).equals(readFileSync(path))).toBe(true);
        });
      });
    });
  });
});
