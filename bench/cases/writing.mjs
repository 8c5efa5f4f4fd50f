/**
 * Writing cases. `data` makes the values before the clock starts; each library then writes them to a new file and
 * closes it. The files are compared afterwards, read by h5py.
 */

import { wave } from "./values.mjs";

function withH5wasm({ h5wasm }, path, write) {
  const file = new h5wasm.File(path, "w");
  write(file);
  file.close();
}

async function withJangada({ jangada }, path, write) {
  const file = await jangada.create(path, { durability: "process" });
  await write(file);
  await file.close();
}

const chunk = 1 << 18;

export const writingCases = [
  {
    name: "write-contiguous",
    title: "write f64 256 MiB contiguous",
    data: () => wave(new Float64Array(2 ** 25)),
    jangada: (lib, path, data) => withJangada(lib, path, (file) => file.createDataset("data", { data })),
    h5wasm: (lib, path, data) => withH5wasm(lib, path, (file) => file.create_dataset({ name: "data", data })),
  },
  {
    name: "write-deflate",
    title: "write f32 128 MiB, 1 MiB chunks, deflate 4",
    data: () => wave(new Float32Array(2 ** 25)),
    jangada: (lib, path, data) =>
      withJangada(lib, path, (file) =>
        file.createDataset("data", { data, chunks: [chunk], filters: [{ id: "deflate", level: 4 }] }),
      ),
    h5wasm: (lib, path, data) =>
      withH5wasm(lib, path, (file) => file.create_dataset({ name: "data", data, chunks: [chunk], compression: 4 })),
  },
  {
    name: "write-deflate-shuffle",
    title: "same, deflate 4 + shuffle",
    data: () => wave(new Float32Array(2 ** 25)),
    jangada: (lib, path, data) =>
      withJangada(lib, path, (file) =>
        file.createDataset("data", { data, chunks: [chunk], filters: ["shuffle", { id: "deflate", level: 4 }] }),
      ),
  },
  {
    name: "append",
    title: "10,000 appends of 100 f64 in one open file",
    data: () => wave(new Float64Array(100)),
    jangada: ({ jangada }, path, data) => {
      const file = jangada.createSync(path, { durability: "process" });
      const dataset = file.createDatasetSync("data", {
        shape: [0],
        maxShape: [null],
        chunks: [16384],
        dtype: "float64",
      });
      for (let index = 0; index < 10_000; index++) dataset.appendSync(data);
      file.closeSync();
    },
    h5wasm: (lib, path, data) =>
      withH5wasm(lib, path, (file) => {
        const dataset = file.create_dataset({
          name: "data",
          data: new Float64Array(0),
          shape: [0],
          maxshape: [null],
          chunks: [16384],
          dtype: "<d",
        });
        for (let index = 0; index < 10_000; index++) {
          dataset.resize([100 * (index + 1)]);
          dataset.write_slice([[100 * index, 100 * (index + 1)]], data);
        }
      }),
  },
  {
    name: "write-datasets",
    title: "20,000 datasets × 3 attributes",
    data: () => wave(new Float64Array(10)),
    jangada: ({ jangada }, path, data) => {
      const file = jangada.createSync(path, { durability: "process" });
      for (let index = 0; index < 20_000; index++) {
        const dataset = file.createDatasetSync(`dataset ${String(index).padStart(5, "0")}`, { data });
        dataset.attrs.setSync("unit", "mV");
        dataset.attrs.setSync("gain", 0.5);
        dataset.attrs.setSync("index", index, { dtype: "int32" });
      }
      file.closeSync();
    },
    h5wasm: (lib, path, data) =>
      withH5wasm(lib, path, (file) => {
        for (let index = 0; index < 20_000; index++) {
          const dataset = file.create_dataset({ name: `dataset ${String(index).padStart(5, "0")}`, data });
          dataset.create_attribute("unit", "mV");
          dataset.create_attribute("gain", 0.5);
          dataset.create_attribute("index", index, [], "<i");
        }
      }),
  },
  {
    name: "write-strings",
    title: "write 200,000 variable-length strings",
    data: () => Array.from({ length: 200_000 }, (_, index) => `string ${index}`),
    jangada: (lib, path, data) => withJangada(lib, path, (file) => file.createDataset("data", { data })),
    h5wasm: (lib, path, data) =>
      withH5wasm(lib, path, (file) => file.create_dataset({ name: "data", data, dtype: "S" })),
  },
];
