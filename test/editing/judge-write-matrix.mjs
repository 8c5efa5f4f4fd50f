/** Prints what HDF5 2 (h5wasm) reads of the datasets, attributes and committed datatypes of a file of write-matrix. */

import { readFileSync } from "node:fs";
import h5wasm from "h5wasm/node";

const module = await h5wasm.ready;
const [path, plan] = process.argv.slice(2);
const file = new h5wasm.File(path, "a");

function memory(metadata, read) {
  const length = metadata.size * metadata.total_size;
  const pointer = module._malloc(length);
  try {
    read(BigInt(pointer));
    return Buffer.from(module.HEAPU8.slice(pointer, pointer + length)).toString("hex");
  } finally {
    module._free(pointer);
  }
}

function plain(value) {
  if (ArrayBuffer.isView(value)) return Array.from(value, plain);
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "bigint" ? Number(value) : value;
}

function read({ path: name, attribute, raw, committed }) {
  const object = file.get(name);
  if (committed) {
    if (!(object instanceof h5wasm.Datatype)) throw new Error("this is no datatype");
    return object.metadata.size;
  }
  if (attribute !== null) {
    const metadata = module.get_attribute_metadata(file.file_id, name, attribute);
    if (!raw) return plain(object.attrs[attribute].value);
    return memory(metadata, (pointer) => module.get_attribute_data(file.file_id, name, attribute, pointer));
  }
  if (!(object instanceof h5wasm.Dataset)) throw new Error("this is no dataset");
  if (!raw) return plain(object.value);
  return memory(object.metadata, (pointer) => {
    module.get_dataset_data(file.file_id, name, null, null, null, pointer);
  });
}

const found = {};
for (const item of JSON.parse(readFileSync(plan, "utf8"))) {
  const key = item.attribute === null ? item.path : `${item.path}@${item.attribute}`;
  try {
    found[key] = read(item);
  } catch (error) {
    found[key] = `refused: ${error}`;
  }
}
console.log(JSON.stringify(found));
file.close();
