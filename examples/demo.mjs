/** Saves an experiment, appends to it lazily, reads slices, prints the tree; then reads a file that h5py wrote. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, open, Persistable, property, slice } from "../dist/index.js";

class Experiment extends Persistable.define("demo.Experiment", {
  name: property({ default: "" }),
  temperature: property({ default: 293.15, type: "float64" }),
  settings: property({ default: null }),
  data: property({ default: null }),
}) {}

const directory = mkdtempSync(join(tmpdir(), "jangada-demo-"));
const path = join(directory, "experiment.hdf5");
const h5pyFile = fileURLToPath(new URL("../golden-files/experiment.h5", import.meta.url));

/** The command line of the built package. */
function jangada(...args) {
  const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  console.log(stderr + stdout);
}

try {
  console.log("Save an experiment");
  const experiment = new Experiment({
    name: "First light",
    temperature: 373.15,
    settings: { gain: 2, channels: ["red", "green"] },
    data: Float64Array.from({ length: 1000 }, (_, index) => Math.sin(index / 50)),
  });
  await experiment.save(path);

  console.log("Open it lazily and append to it");
  const lazy = await Experiment.open(path, { mode: "r+" });
  try {
    console.log(`  ${lazy.name}: shape (${lazy.data.shape}), nothing read yet`);
    for (let day = 0; day < 5; day++) await lazy.data.append(Float64Array.of(day, day + 0.5));
    console.log(`  after five appends: shape (${lazy.data.shape})`);
    const { data } = await lazy.data.get([slice(98, 102)]);
    console.log("  elements 98 to 101:", Array.from(data, (value) => value.toFixed(3)).join(", "));
    console.log("  the last one:", await lazy.data.at(-1));
  } finally {
    await lazy.close();
  }

  const loaded = await load(path);
  console.log(`Load it by its stored class: ${loaded.constructor.name}, ${loaded.data.shape[0]} elements\n`);
  console.log("What the file holds (jangada ls):");
  jangada("ls", path);

  console.log("A file that h5py wrote:");
  const file = await open(h5pyFile);
  try {
    const images = await file.get("latest");
    const { data, shape } = await images.read([2, slice(28, 31), slice(27, 34)]);
    console.log(`  ${images.path}: shape (${images.shape}), in ${await images.attrs.get("unit")}`);
    console.log(`  image 2, a window of (${shape}):`);
    for (let row = 0; row < shape[0]; row++) {
      console.log("   ", Array.from(data.subarray(row * shape[1], (row + 1) * shape[1])).join(" "));
    }
    const { data: events } = await (await file.get("entry/events")).read();
    console.log("  event 3:", { ...events.row(3) });
  } finally {
    await file.close();
  }
  jangada("ls", h5pyFile);
} finally {
  rmSync(directory, { recursive: true });
}
