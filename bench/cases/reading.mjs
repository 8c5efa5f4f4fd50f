/**
 * Reading cases. For each library a function from the input's path to what was read; the time of that function, from
 * opening to the values, is measured. `digest` turns what was read into text that must be the same for all.
 */

import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestColumns, digestNumbers, digestSlices, digestStrings, positions } from "./values.mjs";

const windowPositions = (extent) => {
  const p = positions(400, extent - 512);
  return Array.from({ length: 200 }, (_, index) => [p[2 * index], p[2 * index + 1]]);
};

function withH5wasm({ h5wasm }, path, read) {
  const file = new h5wasm.File(path, "r");
  try {
    return read(file);
  } finally {
    file.close();
  }
}

async function withJangada({ jangada }, path, read) {
  const file = await jangada.open(path);
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}

function withJsfive({ jsfive }, path, read) {
  const bytes = readFileSync(path);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return read(new jsfive.File(buffer, path));
}

/** Reading a whole dataset of numbers. */
const readAll = {
  jangada: (lib, path) => withJangada(lib, path, async (file) => (await (await file.get("data")).read()).data),
  h5wasm: (lib, path) => withH5wasm(lib, path, (file) => file.get("data").value),
  jsfive: (lib, path) => withJsfive(lib, path, (file) => file.get("data").value),
};

export const readingCases = [
  {
    name: "read-contiguous",
    title: "contiguous f64 256 MiB, read all",
    input: "contiguous.h5",
    ...readAll,
    /** One system call for the same number of bytes. */
    "raw read": (_lib, path) => {
      const descriptor = openSync(path, "r");
      const size = 2 ** 28;
      const data = new Float64Array(size / 8);
      readSync(descriptor, new Uint8Array(data.buffer), 0, size, statSync(path).size - size);
      closeSync(descriptor);
      return data;
    },
    digest: digestNumbers,
  },
  {
    name: "read-slices",
    title: "same, 10,000 slices of 100",
    input: "contiguous.h5",
    jangada: ({ jangada }, path) => {
      const file = jangada.openSync(path);
      const dataset = file.getSync("data");
      const result = positions(10_000, dataset.shape[0] - 100).map(
        (start) => dataset.readSync([jangada.slice(start, start + 100)]).data,
      );
      file.closeSync();
      return result;
    },
    h5wasm: (lib, path) =>
      withH5wasm(lib, path, (file) => {
        const dataset = file.get("data");
        return positions(10_000, dataset.shape[0] - 100).map((start) => dataset.slice([[start, start + 100]]));
      }),
    jsfive: (lib, path) =>
      withJsfive(lib, path, (file) => {
        const { value } = file.get("data");
        return positions(10_000, value.length - 100).map((start) => value.slice(start, start + 100));
      }),
    digest: digestSlices,
  },
  {
    name: "read-deflate-shuffle",
    title: "f32 256 MiB, 1 MiB chunks, deflate 4 + shuffle, read all",
    input: "deflate-shuffle.h5",
    ...readAll,
    digest: digestNumbers,
  },
  {
    name: "read-windows",
    title: "8192² f32, 256² chunks, deflate 4: 200 windows 512²",
    input: "image.h5",
    jangada: (lib, path) =>
      withJangada(lib, path, async (file) => {
        const { slice } = lib.jangada;
        const dataset = await file.get("data");
        const result = [];
        for (const [y, x] of windowPositions(8192)) {
          result.push((await dataset.read([slice(y, y + 512), slice(x, x + 512)])).data);
        }
        return result;
      }),
    h5wasm: (lib, path) =>
      withH5wasm(lib, path, (file) => {
        const dataset = file.get("data");
        return windowPositions(8192).map(([y, x]) =>
          dataset.slice([
            [y, y + 512],
            [x, x + 512],
          ]),
        );
      }),
    jsfive: (lib, path) =>
      withJsfive(lib, path, (file) => {
        const { value } = file.get("data");
        return windowPositions(8192).map(([y, x]) => {
          const window = new Float32Array(512 * 512);
          for (let row = 0; row < 512; row++) {
            const start = (y + row) * 8192 + x;
            window.set(value.slice(start, start + 512), row * 512);
          }
          return window;
        });
      }),
    digest: digestSlices,
  },
  {
    name: "read-column",
    title: "same, one column",
    input: "image.h5",
    jangada: (lib, path) =>
      withJangada(lib, path, async (file) => (await (await file.get("data")).read([null, 4321])).data),
    h5wasm: (lib, path) => withH5wasm(lib, path, (file) => file.get("data").slice([[], [4321, 4322]])),
    jsfive: (lib, path) =>
      withJsfive(lib, path, (file) => {
        const { value } = file.get("data");
        return Float32Array.from({ length: 8192 }, (_, row) => value[row * 8192 + 4321]);
      }),
    digest: (column) => digestSlices([column]),
  },
  {
    name: "read-chunks",
    title: "f64 256 MiB, 1 MiB chunks, no filter, read all",
    input: "chunks-plain.h5",
    ...readAll,
    digest: digestNumbers,
  },
  {
    name: "read-small-chunks",
    title: "100,000 chunks of 800 B, read all",
    input: "chunks-small.h5",
    ...readAll,
    digest: digestNumbers,
  },
  {
    name: "read-elements",
    title: "same, 1,000 single elements",
    input: "chunks-small.h5",
    jangada: ({ jangada }, path) => {
      const file = jangada.openSync(path);
      const dataset = file.getSync("data");
      const result = positions(1000, dataset.shape[0]).map(
        (start) => dataset.readSync([jangada.slice(start, start + 1)]).data,
      );
      file.closeSync();
      return result;
    },
    h5wasm: (lib, path) =>
      withH5wasm(lib, path, (file) => {
        const dataset = file.get("data");
        return positions(1000, dataset.shape[0]).map((start) => dataset.slice([[start, start + 1]]));
      }),
    jsfive: (lib, path) =>
      withJsfive(lib, path, (file) => {
        const { value } = file.get("data");
        return positions(1000, value.length).map((start) => value.slice(start, start + 1));
      }),
    digest: digestSlices,
  },
  {
    name: "read-children",
    title: "100,000 children: list, 10,000 attributes",
    input: "children.h5",
    jangada: ({ jangada }, path) => {
      const file = jangada.openSync(path);
      const names = file.keysSync();
      let sum = 0;
      for (let index = 0; index < names.length; index += 10) {
        sum += Number(file.getSync(names[index]).attrs.getSync("index"));
      }
      file.closeSync();
      return [names.length, sum];
    },
    h5wasm: (lib, path) =>
      withH5wasm(lib, path, (file) => {
        const names = file.keys();
        let sum = 0;
        for (let index = 0; index < names.length; index += 10) {
          sum += Number(file.get(names[index]).attrs.index.value);
        }
        return [names.length, sum];
      }),
    jsfive: (lib, path) =>
      withJsfive(lib, path, (file) => {
        const names = file.keys;
        let sum = 0;
        for (let index = 0; index < names.length; index += 10) sum += Number(file.get(names[index]).attrs.index);
        return [names.length, sum];
      }),
    digest: ([count, sum]) => `${count}, ${sum}`,
  },
  {
    name: "read-strings",
    title: "1,000,000 variable-length strings",
    input: "strings.h5",
    ...readAll,
    digest: digestStrings,
  },
  {
    name: "read-compound",
    title: "compound (i4, f8, S16) × 1,000,000, all columns",
    input: "compound.h5",
    jangada: (lib, path) =>
      withJangada(lib, path, async (file) => {
        const { data } = await (await file.get("data")).read();
        const labels = data.column("label");
        return { ids: data.column("id"), values: data.column("value"), label: labels[12345] };
      }),
    h5wasm: (lib, path) =>
      withH5wasm(lib, path, (file) => {
        const rows = file.get("data").value;
        return { ids: rows.map((row) => row[0]), values: rows.map((row) => row[1]), label: rows[12345][2] };
      }),
    digest: digestColumns,
  },
  {
    name: "read-http",
    title: "8192² f32 over HTTP, 20 ms latency: open, one window 100²",
    input: "image.h5",
    /** The path is a URL, each answer of which takes so many milliseconds. */
    latency: 20,
    // h5py can read by ranges too, with other packages that are not measured here.
    h5py: false,
    jangada: ({ jangada }, url) =>
      withJangada({ jangada }, url, async (file) => {
        const dataset = await file.get("data");
        return [(await dataset.read([jangada.slice(1300, 1400), jangada.slice(2100, 2200)])).data];
      }),
    /** It has no ranges in Node: it needs the whole file. */
    h5wasm: async (lib, url) => {
      const directory = mkdtempSync(join(tmpdir(), "bench-"));
      const path = join(directory, "whole.h5");
      try {
        writeFileSync(path, new Uint8Array(await (await fetch(url)).arrayBuffer()));
        return withH5wasm(lib, path, (file) => [
          file.get("data").slice([
            [1300, 1400],
            [2100, 2200],
          ]),
        ]);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
    digest: digestSlices,
  },
  {
    name: "read-scalar",
    title: "small file, one scalar",
    input: "small.h5",
    jangada: ({ jangada }, path) => {
      const file = jangada.openSync(path);
      const value = file.getSync("entry/count").readSync();
      file.closeSync();
      return value;
    },
    h5wasm: (lib, path) => withH5wasm(lib, path, (file) => file.get("entry/count").value),
    jsfive: (lib, path) => withJsfive(lib, path, (file) => file.get("entry/count").value[0]),
    digest: String,
  },
];
