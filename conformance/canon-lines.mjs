/** h5canon/1 sections 2 to 4: the walk over a file and one JSON line per object. */

import { HDF5Error } from "../dist/format/index.js";
import { describeDatatype } from "./canon-datatypes.mjs";
import { Sink } from "./canon-sink.mjs";
import { canonicalJson, compareBytes, integer, text } from "./canon-text.mjs";
import { elementEncoder } from "./canon-values.mjs";

/** Values of more stored bytes than this are not read. */
const largestValue = 64 * 1024 * 1024;
const rootPath = Buffer.from("/");

/**
 * Calls `write` with each line (no line end) that describes an open file.
 *
 * `ask(target, method, ...args)` calls the synchronous or the asynchronous twin of a method.
 */
export async function describeFile(file, ask, write) {
  const { plan, paths } = await walk(file, ask);
  const context = {
    ask,
    offsetSize: file.superblock.offsetSize,
    pathOf: (address) => paths.get(address),
  };
  for (const entry of plan) write(canonicalJson(await describeEntry(file, entry, context)));
}

/** The line for a file that could not be opened. */
export function failedFile(error) {
  return canonicalJson({ path: "/", kind: "error", error: errorCode(error) });
}

function errorCode(error) {
  if (error instanceof HDF5Error) return error.code;
  // Anything but the library's own error is a defect, here or there: say where it came from.
  console.error(error);
  return `defect: ${error?.message}`;
}

/** Pass 1: every link of the file in the order of the lines, and the first path of each object. */
async function walk(file, ask) {
  const plan = [];
  const paths = new Map();
  const stack = [{ path: rootPath, address: file.address, object: file }];
  while (stack.length > 0) {
    const { path, address, link, object: known } = stack.pop();
    if (link !== undefined && link.kind !== "hard") {
      plan.push({ path, kind: link.kind, link });
      continue;
    }
    const first = paths.get(address);
    if (first !== undefined) {
      plan.push({ path, kind: "alias", of: first });
      continue;
    }
    let object = known;
    try {
      object ??= await ask(file, "objectAt", address);
    } catch (error) {
      plan.push({ path, kind: "error", error: errorCode(error) });
      continue;
    }
    paths.set(address, path);
    const entry = { path, kind: object.kind, address };
    plan.push(entry);
    if (object.kind !== "group") continue;
    try {
      const links = [...(await ask(object, "links"))];
      links.sort((a, b) => compareBytes(b.nameBytes, a.nameBytes));
      const prefix = path.length === 1 ? "/" : Buffer.concat([path, rootPath]);
      for (const child of links) {
        stack.push({
          path: Buffer.concat([Buffer.from(prefix), child.nameBytes]),
          address: child.address,
          link: child,
        });
      }
    } catch (error) {
      entry.error = errorCode(error);
    }
  }
  return { plan, paths };
}

async function describeEntry(file, entry, context) {
  const record = { path: text(entry.path), kind: entry.kind };
  switch (entry.kind) {
    case "error":
      return { ...record, error: entry.error };
    case "alias":
      return { ...record, of: text(entry.of) };
    case "soft":
      return { ...record, kind: "softlink", target: text(entry.link.targetBytes) };
    case "external":
      return {
        ...record,
        kind: "externallink",
        file: text(entry.link.fileBytes),
        target: text(entry.link.targetBytes),
      };
    case "user-defined":
      return { ...record, kind: "udlink", linktype: entry.link.linkType };
    default:
      return describeObject(file, entry, record, context);
  }
}

async function describeObject(file, entry, record, context) {
  let object;
  try {
    object = await context.ask(file, "objectAt", entry.address);
  } catch (error) {
    return { ...record, kind: "error", error: errorCode(error) };
  }
  record.attrs = await describeAttributes(object.attrs, context);
  if (entry.error !== undefined) record.error = entry.error;
  try {
    if (object.kind === "datatype") record.dtype = describeDatatype(object.datatype);
    else if (object.kind === "dataset") await describeDataset(object, record, context);
  } catch (error) {
    record.error = errorCode(error);
  }
  return record;
}

async function describeAttributes(attrs, context) {
  let infos;
  try {
    infos = [...(await context.ask(attrs, "infos"))];
  } catch (error) {
    return { error: errorCode(error) };
  }
  infos.sort((a, b) => compareBytes(a.nameBytes, b.nameBytes));
  const records = [];
  for (const info of infos) {
    const record = {
      name: text(info.nameBytes),
      dtype: describeDatatype(info.datatype),
      shape: info.shape === null ? null : info.shape.map(integer),
      ...committedPath(info.committedDatatype, context),
    };
    await describeValue(() => context.ask(attrs, "readRaw", info.name), info.datatype, info.shape, record, context);
    records.push(record);
  }
  return records;
}

function committedPath(address, context) {
  return address === null ? {} : { committed: text(context.pathOf(address) ?? Buffer.from("<unresolved>")) };
}

async function describeDataset(dataset, record, context) {
  const { stored } = dataset;
  const { datatype, dataspace, layout, filterPipeline } = stored;
  Object.assign(record, { dtype: describeDatatype(datatype) }, committedPath(stored.committedDatatype, context));
  const isNull = dataspace.kind === "null";
  record.shape = isNull ? null : dataspace.dimensions.map(integer);
  record.maxshape = isNull ? null : dataspace.maxDimensions.map((extent) => (extent === null ? null : integer(extent)));
  record.layout = layout.kind;
  if (layout.kind === "chunked") record.chunk = layout.chunkDimensions.map(integer);
  if (filterPipeline !== null && filterPipeline.filters.length > 0) {
    record.filters = filterPipeline.filters.map(({ id, optional, clientData }) => ({ id, optional, cd: clientData }));
  }
  if (stored.externalFiles !== null) {
    record.external = (await context.ask(dataset, "externalFiles")).map((part) => ({
      file: text(part.fileBytes),
      offset: integer(part.offset),
      size: part.size === null ? null : integer(part.size),
    }));
  }
  if (layout.kind === "virtual") {
    const mappings = await context.ask(dataset, "virtualMappings");
    record.virtual = mappings.map((part) => [text(part.fileBytes), text(part.datasetBytes)]);
  }
  const read = () => context.ask(dataset, "readRaw");
  await describeValue(read, datatype, isNull ? null : dataspace.dimensions, record, context);
  record.fill = await describeFill(dataset, context);
}

async function describeFill(dataset, context) {
  const { datatype, fillValue } = dataset.stored;
  if (fillValue === null) return "undefined";
  if (fillValue.status !== "user") return fillValue.status;
  try {
    const sink = new Sink(true);
    const raw = await context.ask(dataset, "readRawFillValue");
    elementEncoder(datatype, context)(raw.bytes, 0, 1, raw.heap, sink);
    const { sha256, bytes } = sink.finish();
    return bytes.length <= 64 ? `hex:${bytes.toString("hex")}` : `sha256:${sha256}`;
  } catch {
    return "error";
  }
}

async function describeValue(read, datatype, shape, record, context) {
  const count = shape === null ? 0 : shape.reduce((product, extent) => product * extent, 1);
  if (count * datatype.size > largestValue) {
    record.skipped = "large";
    return;
  }
  try {
    const sink = new Sink();
    const raw = await read();
    elementEncoder(datatype, context)(raw.bytes, 0, count, raw.heap, sink);
    const { sha256, nbytes } = sink.finish();
    Object.assign(record, { sha256, nbytes });
  } catch (error) {
    record.error = errorCode(error);
  }
}
