/** One edit for each kind of change that a commit can make. */
import type { Dataset } from "../../src/format/dataset.js";
import type { HDF5File } from "../../src/format/file.js";
import type { Group } from "../../src/format/group.js";
import { slice } from "../../src/format/selection/selection.js";

/** A change that one flush commits. */
export interface Scenario {
  readonly name: string;
  readonly edit: (file: HDF5File) => void;
  /** Changes chunks, which the chunk indexes of h5py's latest files do not allow yet. */
  readonly chunked?: boolean;
}

function dataset(file: HDF5File, path: string): Dataset {
  const object = file.getSync(path);
  if (object.kind !== "dataset") throw new Error(`${path} is not a dataset`);
  return object;
}

function group(file: HDF5File, path: string): Group {
  const object = file.getSync(path);
  if (object.kind !== "group") throw new Error(`${path} is not a group`);
  return object;
}

const added = Int32Array.of(100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112);

export const scenarios: readonly Scenario[] = [
  {
    name: "overwrite contiguous elements",
    edit: (file) =>
      dataset(file, "plain").writeSync(
        Float64Array.from({ length: 90 }, () => -1),
        [slice(5, 95)],
      ),
  },
  {
    name: "overwrite unfiltered chunks",
    chunked: true,
    edit: (file) => dataset(file, "unfiltered").writeSync(added, [slice(3, 16)]),
  },
  {
    name: "rewrite filtered chunks",
    chunked: true,
    edit: (file) => dataset(file, "filtered").writeSync(added, [slice(3, 16)]),
  },
  { name: "append unfiltered", chunked: true, edit: (file) => dataset(file, "unfiltered").appendSync(added) },
  { name: "append filtered", chunked: true, edit: (file) => dataset(file, "filtered").appendSync(added) },
  { name: "grow unfiltered", chunked: true, edit: (file) => dataset(file, "unfiltered").resizeSync([77]) },
  { name: "shrink unfiltered", chunked: true, edit: (file) => dataset(file, "unfiltered").resizeSync([13]) },
  { name: "shrink filtered", chunked: true, edit: (file) => dataset(file, "filtered").resizeSync([13]) },
  { name: "set an attribute", edit: (file) => dataset(file, "plain").attrs.setSync("unit", "mV") },
  { name: "replace an attribute", edit: (file) => dataset(file, "noted").attrs.setSync("note3", "a longer value") },
  { name: "delete an attribute", edit: (file) => dataset(file, "noted").attrs.deleteSync("note3") },
  {
    name: "attributes from compact to dense",
    edit: (file) => {
      for (const name of ["more", "still more"]) dataset(file, "noted").attrs.setSync(name, Float64Array.of(1, 2));
    },
  },
  { name: "replace a dense attribute", edit: (file) => group(file, "crowded").attrs.setSync("note5", 5) },
  {
    name: "attributes from dense to compact",
    edit: (file) => {
      for (let index = 0; index < 8; index++) group(file, "crowded").attrs.deleteSync(`note${index}`);
    },
  },
  { name: "create a group", edit: (file) => file.createGroupSync("few/new/inner") },
  {
    name: "create a dataset",
    edit: (file) =>
      file.createDatasetSync("few/new", { data: added, maxShape: [null], chunks: [4], filters: ["shuffle"] }),
  },
  {
    name: "links from compact to dense",
    edit: (file) => {
      for (let index = 0; index < 5; index++) file.createGroupSync(`few/new${index}`);
    },
  },
  { name: "create in a large group", edit: (file) => file.createDatasetSync("wide/new", { data: added }) },
  { name: "create in the root group", edit: (file) => file.createDatasetSync("new", { data: "text" }) },
  { name: "delete a dataset", edit: (file) => file.deleteSync("plain") },
  { name: "delete a group", edit: (file) => file.deleteSync("few/child3") },
  { name: "delete from a large group", edit: (file) => file.deleteSync("wide/soft7") },
  {
    name: "hard link",
    edit: (file) => file.createHardLinkSync("few/again", dataset(file, "filtered")),
  },
  {
    name: "hard links among other changes",
    edit: (file) => {
      dataset(file, "noted").attrs.setSync("note1", "one");
      file.createHardLinkSync("wide/again", dataset(file, "noted"));
      file.createHardLinkSync("crowded/again", dataset(file, "plain"));
      file.createGroupSync("few/new");
    },
  },
  { name: "soft and UTF-8 links", edit: (file) => file.createSoftLinkSync("few/größe", "/plain") },
  {
    name: "overwrite contiguous strings",
    edit: (file) => dataset(file, "words").writeSync(["new word", "a much longer new word"], [slice(4, 6)]),
  },
  {
    name: "overwrite strings in chunks",
    chunked: true,
    edit: (file) => dataset(file, "lines").writeSync(["new line", "a much longer new line"], [slice(7, 9)]),
  },
  {
    name: "append strings",
    chunked: true,
    edit: (file) =>
      dataset(file, "lines").appendSync(["first new line", "second", "third", "fourth", "fifth", "sixth"]),
  },
  {
    name: "an object that is referred to before it is complete",
    edit: (file) => {
      const target = file.createDatasetSync("few/target", { data: added });
      file.createDatasetSync("few/reference", { data: [target.reference()] });
      target.attrs.setSync("note", "set after the reference was made");
    },
  },
  {
    name: "several objects",
    chunked: true,
    edit: (file) => {
      dataset(file, "filtered").appendSync(added);
      dataset(file, "unfiltered").appendSync(added);
      dataset(file, "noted").attrs.setSync("note1", "one");
      group(file, "few").attrs.setSync("title", "a group");
      file.createDatasetSync("few/new", { data: Float64Array.of(1, 2, 3) });
      file.deleteSync("few/child1");
      file.attrs.setSync("title", "a file");
    },
  },
];
