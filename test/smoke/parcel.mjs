/**
 * What a read gives, as threads send it to each other: a parcel is made in one and checked in the other, which revives
 * what is in it and follows its references in the bytes that come with it. Uses nothing but the language.
 */

function same(found, expected, what) {
  const [a, b] = [found, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: expected ${b}, found ${a}`);
}

const rows = [
  { count: 1, name: "first", z: { re: 1, im: -1 } },
  { count: 2, name: "日本語", z: { re: 2, im: -2 } },
];
const rowType = {
  kind: "compound",
  members: [
    { name: "count", dtype: "int32" },
    { name: "name", dtype: "string" },
    { name: "z", dtype: "complex128" },
  ],
};

/** A parcel of what `library` reads of a file that it makes. */
export async function packParcel(library) {
  const file = await library.create();
  const records = await file.createDataset("group/records", { data: rows, dtype: rowType });
  const data = new library.ComplexArray(Float64Array.of(1, 2, 3, 4));
  const complex = await file.createDataset("complex", { data });
  await file.attrs.set("unit", "mV");
  const region = complex.regionReference([library.slice(1, 2)]);
  const references = await file.createDataset("objects", { data: [records.reference(), null] });
  await file.flush();
  const { code, message, path } = await failureOf(file.get("nothing"));
  const cause = new library.HDF5Error("corrupt", "damaged", { offset: 7 });
  return {
    bytes: file.bytes().slice(),
    records: await records.read(),
    complex: await complex.read(),
    objects: await references.read(),
    region,
    attribute: new library.AttributeReference(file.address, "unit"),
    error: new library.HDF5Error(code, message, { path, cause }).toJSON(),
  };
}

async function failureOf(task) {
  try {
    await task;
  } catch (error) {
    return error;
  }
  throw new Error("a path that does not exist is found");
}

/** Throws where the parcel, revived, is not what {@link packParcel} made. */
export async function checkParcel(library, parcel) {
  const { bytes, records, complex, objects, region, attribute, error } = library.revive(parcel);
  const instances = [
    [records.data, "CompoundArray"],
    [records.data.column("z"), "ComplexArray"],
    [complex.data, "ComplexArray"],
    [objects.data[0], "ObjectReference"],
    [region, "RegionReference"],
    [attribute, "AttributeReference"],
    [error, "HDF5Error"],
    [error.cause, "HDF5Error"],
  ];
  for (const [value, name] of instances) same(value instanceof library[name], true, `is one of ${name}`);
  same([...records.data], rows, "records");
  same(records.data.subarray(1, 2).row(0), rows[1], "last record");
  same([complex.shape, complex.data.at(1)], [[2], { re: 3, im: 4 }], "complex numbers");
  same(
    [error.code, error.path, error.cause.code, error.cause.offset],
    ["not-found", "/nothing", "corrupt", 7],
    "error",
  );
  same(error.message.includes("nothing"), true, "its message");
  const file = await library.open(bytes);
  same(await (await file.dereference(objects.data[0])).findPath(), "/group/records", "object");
  same(objects.data[1], null, "reference to nothing");
  same(await (await file.dereference(region)).findPath(), "/complex", "object of the region");
  same(region.selection.start, [1], "region");
  same([attribute.address === file.address, attribute.name], [true, "unit"], "attribute");
  await file.close();
}

/** What a thread answers to a parcel: one of its own, or what is wrong with that which came. */
export async function answerParcel(library, parcel) {
  try {
    await checkParcel(library, parcel);
    return { error: null, parcel: await packParcel(library) };
  } catch (error) {
    return { error: String(error?.stack ?? error), parcel: null };
  }
}

/** The test that sends a parcel to another thread and checks what that answers; `post` answers what the thread does. */
export function parcelTest(library, post) {
  return [
    "what is read survives the way to another thread and back",
    async () => {
      const { error, parcel } = await post(await packParcel(library));
      if (error !== null) throw new Error(`in the other thread: ${error}`);
      await checkParcel(library, parcel);
    },
  ];
}

/** What a `Worker` of the web, which is ended then, answers to a message. */
export async function askWorker(worker, message) {
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onmessageerror = () => reject(new Error("the answer cannot be read"));
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(message);
    });
  } finally {
    worker.terminate();
  }
}
