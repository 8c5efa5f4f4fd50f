/**
 * What every runtime must be able to do with the built package. Uses nothing but the language, so that one file runs
 * in all of them.
 */

/** Golden files that the suite reads. */
export const goldenNames = [
  "experiment.h5",
  "superblock-0.h5",
  "superblock-3.h5",
  "strings.h5",
  "filters.h5",
  "links-dense.h5",
  "references.h5",
  "integers.h5",
];

function same(found, expected, what) {
  const [a, b] = [show(found), show(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, found ${a}`);
}

function show(value) {
  return JSON.stringify(value, (_key, part) => {
    if (typeof part === "bigint") return `${part}n`;
    if (ArrayBuffer.isView(part)) return [part.constructor.name, ...part].map(String);
    return part;
  });
}

/** A value as another thread gets it; a clone where the runtime has no channels. */
function throughChannel(value) {
  if (typeof MessageChannel === "undefined") return structuredClone(value);
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port2.onmessage = ({ data }) => {
      port1.close();
      resolve(data);
    };
    port1.postMessage(value);
  });
}

function hasCode(code) {
  return (error) => {
    if (error?.code !== code) throw new Error(`expected an error with code ${code}, found ${error}`);
  };
}

/**
 * The tests: `[name, run]` pairs for a package and the bytes of the golden files; `directory` where files can be made,
 * `inspect` in the package where the runtime has what its `console.log` prints.
 */
export function smokeTests(library, golden, directory) {
  const { open, create, slice, format, Persistable, property, load, inspect } = library;
  const tests = [
    [
      "what is read survives a clone and a message",
      async () => {
        const file = await open(golden["experiment.h5"]);
        const events = await (await file.get("entry/events")).read();
        const out = await create();
        const complex = new format.ComplexArray(Float64Array.of(1, 2, 3, 4));
        const stored = await out.createDataset("complex", { data: complex });
        const error = await out.get("nothing").then(
          () => null,
          (failure) => failure,
        );
        const sent = { events, complex: await stored.read(), reference: stored.reference(), error: error.toJSON() };
        for (const carry of [async (value) => structuredClone(value), throughChannel]) {
          const found = format.revive(await carry(sent));
          same(found.events.data.row(2), events.data.row(2), "record");
          same(found.events.data instanceof format.CompoundArray, true, "class of records");
          same(found.complex.data.at(1), { re: 3, im: 4 }, "complex number");
          same((await out.dereference(found.reference)).path, "/complex", "reference");
          same([found.error.code, found.error instanceof format.HDF5Error], ["not-found", true], "error");
        }
      },
    ],
    [
      "reads a golden file from memory",
      async () => {
        const file = await open(golden["experiment.h5"]);
        try {
          same(await file.keys(), ["entry", "latest"], "keys");
          const images = await file.get("latest");
          same(images.shape, [6, 64, 96], "shape");
          same(images.chunks, [1, 32, 48], "chunks");
          const { data, shape } = await images.read([0, slice(30, 31), slice(18, 23)]);
          same(shape, [1, 5], "shape of the slice");
          same(data, Uint16Array.of(98, 99, 100, 99, 98), "elements of the slice");
          same(await images.attrs.get("unit"), "counts", "attribute");
          same(await (await file.get("entry/start_time")).read(), "2024-05-17T21:04:00+02:00", "string");
          same(await images.read([-1, 0, 0]), await images.read([5, 0, 0]), "index from the end");
          const events = await (await file.get("entry/events")).read();
          same(events.data.row(2).energy, 3, "member of a record");
        } finally {
          await file.close();
        }
      },
    ],
    [
      "reads superblocks 0 and 3, filters, strings and 64-bit integers",
      async () => {
        for (const name of ["superblock-0.h5", "superblock-3.h5"]) {
          const file = await open(golden[name]);
          same((await (await file.get("entry/data")).read([3, null])).data, Float64Array.of(9, 10, 11), name);
          await file.close();
        }
        const filters = await open(golden["filters.h5"]);
        for (const name of ["deflate", "shuffle", "fletcher32", "all"]) {
          const { data } = await (await filters.get(name)).read([39, slice(28, 30)]);
          same(data, Int32Array.of(1198, 1199), name);
        }
        await filters.close();
        const strings = await open(golden["strings.h5"]);
        same(
          (await (await strings.get("variable utf-8")).read([slice(1, 4)])).data,
          ["a", "naïve", "日本語"],
          "strings",
        );
        await strings.close();
        const integers = await open(golden["integers.h5"]);
        const { data } = await (await integers.get("bei64")).read();
        same(data, BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, 1n, 100n), "big-endian int64");
        await integers.close();
      },
    ],
    [
      "has classes of their own names, and objects that say what they are",
      async () => {
        const classes = Object.entries({ ...library, ...format }).filter(
          ([name, value]) => typeof value === "function" && /^[A-Z]/.test(name),
        );
        same(classes.length > 15, true, "classes found");
        for (const [name, value] of classes) same(value.name, name, "name of a class");
        const file = await open(golden["experiment.h5"]);
        const images = await file.get("latest");
        const group = await file.get("entry");
        const table = (await (await file.get("entry/events")).read()).data;
        for (const [object, name, line] of [
          [images, "Dataset", 'Dataset "/latest" (6, 64, 96) uint16'],
          [group, "Group", 'Group "/entry"'],
          [group.attrs, "Attributes", 'Attributes of "/entry"'],
          [file, "HDF5File", 'HDF5File "memory" (read-only)'],
          [table, "CompoundArray", "CompoundArray(5) {frame, energy, label}"],
        ]) {
          same(object.constructor.name, name, "name of its class");
          same(String(object), line, "text");
          if (inspect !== undefined) {
            same(inspect(object), line, "what the console prints");
            same(inspect([object]).includes(line), true, "printed in a list");
          }
        }
        await file.close();
      },
    ],
    [
      "reads through a source that only answers later",
      async () => {
        const bytes = golden["links-dense.h5"];
        const file = await open({
          size: bytes.length,
          read: async (offset, length) => bytes.slice(offset, offset + length),
        });
        same((await (await file.get("dense")).keys()).length, 106, "links");
        await file.close();
      },
    ],
    [
      "follows references",
      async () => {
        const file = await open(golden["references.h5"]);
        const { data } = await (await file.get("objects")).read();
        same((await file.dereference(data[0])).shape, [6, 5], "referenced dataset");
        await file.close();
      },
    ],
    [
      "creates, closes, reopens and compares",
      async () => {
        const made = await create();
        await writeSample(made);
        await made.flush();
        const bytes = made.bytes().slice();
        await made.close();
        const again = await open(bytes);
        await checkSample(again);
        await again.close();
      },
    ],
    [
      "reports errors with a code",
      async () => {
        await open(new Uint8Array(2000)).then(() => hasCode("corrupt")(undefined), hasCode("corrupt"));
        const file = await open(golden["superblock-0.h5"]);
        await file.get("entry/nothing").then(() => hasCode("not-found")(undefined), hasCode("not-found"));
        await file.createGroup("g").then(() => hasCode("read-only")(undefined), hasCode("read-only"));
        await file.close();
        await file.keys().then(() => hasCode("closed")(undefined), hasCode("closed"));
      },
    ],
    [
      "finds the same functions under jangada/format",
      async () => {
        same([format.open === open, format.create === create, format.slice === slice], [true, true, true], "exports");
      },
    ],
  ];

  class Experiment extends Persistable.define("smoke.Experiment", {
    name: property({ default: "" }),
    temperature: property({ default: 293.15, type: "float64" }),
    data: property({ default: null }),
  }) {}

  const compare = (experiment) => {
    same(experiment.name, "Test1", "name");
    same(experiment.temperature, 373.15, "temperature");
    same(experiment.data.data, Float64Array.of(1.2, 3.4, 5.6), "data");
  };
  const sample = () => new Experiment({ name: "Test1", temperature: 373.15, data: Float64Array.of(1.2, 3.4, 5.6) });
  tests.push([
    "saves a Persistable to memory and loads it",
    async () => {
      const bytes = await sample().toBytes();
      compare(await Experiment.load(bytes));
      const loaded = await load(bytes);
      same(loaded instanceof Experiment, true, "class found by its stored name");
    },
  ]);
  if (directory !== undefined) {
    tests.push([
      "creates, reopens and edits a file on disk",
      async () => {
        const path = `${directory}/smoke.h5`;
        const made = await create(path, { overwrite: true });
        await writeSample(made);
        await made.close();
        const edited = await open(path, { mode: "r+" });
        await (await edited.get("sensors/trace")).append(Float64Array.of(4, 5));
        await edited.close();
        const again = await open(path);
        same((await (await again.get("sensors/trace")).read()).data, Float64Array.of(1, 2, 3, 4, 5), "trace");
        await again.close();
      },
    ]);
    tests.push([
      "saves a Persistable to disk, appends lazily and loads it",
      async () => {
        await sample().save(`${directory}/experiment`, { overwrite: true });
        const path = `${directory}/experiment.hdf5`;
        compare(await Experiment.load(path));
        const lazy = await Experiment.open(path, { mode: "r+" });
        await lazy.data.append(Float64Array.of(7, 8));
        await lazy.close();
        same((await Experiment.load(path)).data.data, Float64Array.of(1.2, 3.4, 5.6, 7, 8), "appended");
      },
    ]);
  }
  return tests;
}

async function writeSample(file) {
  const group = await file.createGroup("sensors");
  await group.attrs.set("unit", "mV");
  await group.createDataset("trace", {
    data: Float64Array.of(1, 2, 3),
    maxShape: [null],
    chunks: [1024],
    filters: ["shuffle", { id: "deflate", level: 4 }],
  });
  await group.createDataset("names", { data: ["α", "beta", ""] });
  await group.createDataset("flag", { data: true });
}

async function checkSample(file) {
  const group = await file.get("sensors");
  same(await group.attrs.get("unit"), "mV", "attribute");
  same((await (await group.get("trace")).read()).data, Float64Array.of(1, 2, 3), "trace");
  same((await (await group.get("names")).read()).data, ["α", "beta", ""], "names");
  same(await (await group.get("flag")).read(), true, "flag");
}

/** Runs `[name, run]` pairs; answers one `{ name, error }` each, `error` null when it passed. */
export async function runTests(tests) {
  const results = [];
  for (const [name, run] of tests) {
    try {
      await run();
      results.push({ name, error: null });
    } catch (error) {
      results.push({ name, error: String(error?.stack ?? error) });
    }
  }
  return results;
}
