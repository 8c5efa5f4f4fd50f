import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { directoryResolver, open, openSync as openFileSync } from "../dist/format/index.js";
import "../dist/filters/all.js";
import { describeFile, failedFile } from "./canon-lines.mjs";

/** A source that answers each read later; the library starts with nothing resident and fetches a few bytes at a time. */
function asynchronousSource(path) {
  const descriptor = openSync(path, "r");
  return {
    size: fstatSync(descriptor).size,
    name: path,
    pageSize: 64,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      readSync(descriptor, bytes, 0, length, offset);
      return bytes;
    },
    close: () => closeSync(descriptor),
  };
}

/** Calls `write` with each h5canon/1 line of the file at `path`. */
export async function describePath(path, asynchronous, write) {
  const ask = asynchronous
    ? (target, method, ...args) => target[method](...args)
    : (target, method, ...args) => target[`${method}Sync`](...args);
  let file;
  try {
    // What the file keeps in other ones is looked up beside it.
    const beside = directoryResolver(dirname(path));
    const later = async (name, request) => {
      const found = beside(name, request);
      return found === null ? null : asynchronousSource(found);
    };
    file = asynchronous
      ? await open(asynchronousSource(path), { resolver: later })
      : openFileSync(path, { resolver: beside });
  } catch (error) {
    write(failedFile(error));
    return;
  }
  await describeFile(file, ask, write);
  await ask(file, "close");
}
