/** Opens a file, looks at everything in it, and edits it; whatever fails must fail with an `HDF5Error`. */

const largestRead = 16 * 1024 * 1024;
const mostObjects = 20_000;
/** What one read may take: the fuzz asks for no more. */
export const limits = { readBytes: largestRead, cacheBytes: 8 * 1024 * 1024, chunkCacheBytes: 8 * 1024 * 1024 };

/** What must never leave the library; `error` is its `cause`. */
export class Escaped extends Error {
  constructor(where, error) {
    const stack = error instanceof Error ? (error.stack ?? "").split("\n").slice(0, 8).join("\n") : String(error);
    super(`${where}: ${stack}`, { cause: error });
    this.name = "Escaped";
  }
}

/** What was found at each path: a summary of the values, or the error's code. */
export class Findings {
  /** Lines by path. */
  lines = new Map();
  /** Bytes of the largest value asked for. */
  asked = 0;

  add(path, what) {
    const lines = this.lines.get(path);
    if (lines === undefined) this.lines.set(path, [what]);
    else lines.push(what);
  }
}

/** Accepts an `HDF5Error` as an answer. Errors of the library's own code that one wraps are not accepted. */
function accept(library, where, error) {
  if (!(error instanceof library.HDF5Error)) throw new Escaped(where, error);
  for (let cause = error.cause; cause !== undefined; cause = cause?.cause) {
    const isMistake =
      cause instanceof TypeError ||
      cause instanceof ReferenceError ||
      cause instanceof SyntaxError ||
      (cause instanceof RangeError && error.code !== "limit" && error.code !== "unsupported");
    if (isMistake || cause?.constructor?.name === "MissingBytes") throw new Escaped(where, cause);
  }
  if (typeof error.code !== "string" || error.message === "") throw new Escaped(`${where}: no code or message`, error);
  return `error ${error.code}`;
}

/** Summary of a value: enough to notice a change. Looks at every element, so that late decoding happens. */
function digest(library, value, budget) {
  let hash = 0x811c9dc5;
  const mix = (number) => {
    hash = Math.imul(hash ^ number, 0x01000193);
  };
  const mixText = (text) => {
    for (let index = 0; index < text.length; index++) mix(text.charCodeAt(index));
  };
  const visit = (item, depth) => {
    if (budget.left-- < 0 || depth > 80) return;
    if (item === null || item === undefined) mix(0);
    else if (typeof item === "number") mix(Number.isInteger(item) ? item | 0 : Math.fround(item * 1e3) | 0);
    else if (typeof item === "bigint") mix(Number(BigInt.asIntN(32, item)));
    else if (typeof item === "string") mixText(item);
    else if (typeof item === "boolean") mix(item ? 1 : 2);
    else if (ArrayBuffer.isView(item)) {
      // The time that this takes counts as the library's.
      const bytes = new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
      let sum = hash;
      for (let index = 0; index < bytes.length; index++) sum = Math.imul(sum ^ bytes[index], 0x01000193);
      hash = sum;
    } else if (item instanceof library.CompoundArray) {
      mix(item.length);
      for (let index = 0; index < Math.min(item.length, 200); index++) visit(item.row(index), depth + 1);
    } else if (item instanceof library.ComplexArray) visit(item.data, depth + 1);
    else if (Array.isArray(item)) for (const element of item) visit(element, depth + 1);
    else if (typeof item === "object") {
      for (const key of Object.keys(item)) {
        mixText(key);
        visit(item[key], depth + 1);
      }
    }
  };
  visit(value, 0);
  return (hash >>> 0).toString(16);
}

/**
 * Everything of an open file. `call(object, method, ...args)` calls the synchronous or the asynchronous form, so that
 * one walk does for both.
 */
async function walk(library, file, call, findings) {
  const seen = new Set([file.address]);
  const pending = [file];
  const attempt = async (path, what, action) => {
    try {
      const result = await action();
      findings.add(path, `${what} ${typeof result === "string" ? result : "done"}`);
    } catch (error) {
      findings.add(path, `${what} ${accept(library, `${path} ${what}`, error)}`);
    }
  };
  while (pending.length > 0) {
    const object = pending.pop();
    const { path } = object;
    await attempt(path, "attributes", async () => {
      const infos = await call(object.attrs, "infos");
      for (const info of infos) {
        await attempt(path, `@${info.name}`, async () => {
          library.formatDType(info.dtype);
          return digest(library, await call(object.attrs, "get", info.name), { left: 100_000 });
        });
      }
    });
    if (object.kind === "group") {
      await attempt(path, "links", async () => {
        const links = await call(object, "links");
        for (const link of links.slice(0, mostObjects)) {
          if (link.name.includes("/") || link.name === "." || link.name === "") continue;
          await attempt(path, `-> ${link.name}`, async () => {
            if (seen.size >= mostObjects) return "not followed";
            const child = await call(object, "get", link.name);
            if (!seen.has(child.address)) {
              seen.add(child.address);
              pending.push(child);
            }
            return child.kind;
          });
        }
      });
    } else if (object.kind === "dataset") {
      await attempt(path, "dtype", async () => library.formatDType(object.dtype));
      await attempt(path, "sources", async () => {
        await call(object, "externalFiles");
        await call(object, "virtualMappings");
      });
      await attempt(path, "value", async () => {
        const { nbytes } = object;
        const isWhole = nbytes <= largestRead;
        if (isWhole) {
          findings.asked = Math.max(findings.asked, nbytes);
          const summary = digest(library, await call(object, "read"), { left: 4_000_000 });
          // What has been let go must not count as memory in use.
          if (nbytes > 256 * 1024) globalThis.gc?.();
          return summary;
        }
        // The first and the last element of what is too large.
        const ends = [object.shape.map(() => 0), object.shape.map((extent) => extent - 1)];
        for (const at of ends) await call(object, "read", at);
        return "ends";
      });
      await attempt(path, "raw", async () => {
        if (object.nbytes <= 1024 * 1024) await call(object, "readRaw");
      });
    } else await attempt(path, "dtype", async () => library.formatDType(object.dtype));
  }
}

const synchronously = (object, method, ...args) => object[`${method}Sync`](...args);
const asynchronously = (object, method, ...args) => object[method](...args);

/** Walks the file in `bytes`, all in memory. */
export async function examine(library, bytes) {
  const findings = new Findings();
  let file;
  try {
    file = library.openSync(bytes, { limits });
  } catch (error) {
    findings.add("open", accept(library, "open", error));
    return findings;
  }
  await walk(library, file, synchronously, findings);
  file.closeSync();
  return findings;
}

/** The same through a source of which nothing is at hand. */
export async function examineAsync(library, bytes) {
  const findings = new Findings();
  const source = {
    name: "nothing resident",
    size: bytes.length,
    pageSize: 512,
    read: async (offset, length) => bytes.slice(offset, offset + length),
  };
  let file;
  try {
    file = await library.open(source, { limits });
  } catch (error) {
    findings.add("open", accept(library, "open", error));
    return findings;
  }
  await walk(library, file, asynchronously, findings);
  await file.close();
  return findings;
}

/** Where two walks differ, as text; `null` where they agree. `counts(path, line)` answers whether a line matters. */
export function difference(before, after, counts = () => true) {
  for (const [path, lines] of before.lines) {
    const others = after.lines.get(path);
    const at = lines.findIndex((line, index) => line !== others?.[index] && counts(path, line));
    if (at >= 0) return `${path}: "${lines[at]}" became "${others?.[at] ?? "nothing"}"`;
  }
  return null;
}

function grow(dataset) {
  const { maxShape, shape, dtype } = dataset;
  const grows = dataset.chunks !== null && maxShape?.[0] === null && shape.length === 1 && dtype === "float64";
  if (grows) dataset.appendSync(Float64Array.of(1, 2, 3));
  return grows;
}

/** Which bytes reading these objects, without the data of datasets, takes: one flag per byte. */
function bytesOf(library, bytes, paths) {
  const used = new Uint8Array(bytes.length);
  const source = {
    size: bytes.length,
    pageSize: 8,
    read: () => Promise.reject(new Error("not asked for")),
    readSync(offset, length) {
      used.fill(1, offset, offset + length);
      return bytes.slice(offset, offset + length);
    },
  };
  const file = library.openSync(source, { limits });
  for (const path of paths) {
    const object = file.getSync(path);
    object.attrs.keysSync();
    if (object.kind === "group") object.keysSync();
  }
  return used;
}

/** Whether an edit wrote over bytes that belong to none of the objects that it changed. */
function strays(library, before, after, paths) {
  let used;
  try {
    used = bytesOf(library, before, paths);
  } catch (error) {
    accept(library, "read by ranges", error);
    return true;
  }
  return before.some((byte, index) => byte !== after[index] && used[index] === 0);
}

/**
 * Opens the file `r+`, changes it, and looks at it again. Either the edit is refused or what it does not concern stays
 * the same. Answers what happened.
 */
export async function edit(library, bytes) {
  const open = (content) => library.openSync(content, { mode: "r+", limits });
  let settled;
  try {
    // Bytes past the stored end of the file go when it is opened for writing.
    const first = open(bytes);
    first.attrs.keysSync();
    first.closeSync();
    settled = first.bytes();
  } catch (error) {
    return accept(library, "open r+", error);
  }
  const before = await examine(library, settled);
  const changed = new Set(["/"]);
  let edited;
  try {
    const file = open(settled);
    file.attrs.setSync("added by the fuzz", Float64Array.of(1, 2, 3));
    edited = file;
    for (const [path, lines] of before.lines) {
      if (changed.size > 3 || !lines.some((line) => line.startsWith("value "))) continue;
      const dataset = file.getSync(path);
      if (dataset.kind !== "dataset") continue;
      changed.add(path);
      if (!grow(dataset)) dataset.attrs.setSync("added by the fuzz", "text");
    }
    file.createGroupSync("made by the fuzz");
    file.closeSync();
  } catch (error) {
    edited?.abandonSync();
    return accept(library, "edit", error);
  }
  const after = await examine(library, edited.bytes());
  // What could not be read before, such as data past the end of the file, may turn out otherwise.
  const what = difference(before, after, (path, line) => !changed.has(path) && !line.includes(" error "));
  // In damaged files objects may lie upon each other: what changes one rightly then changes the other.
  return what === null || !strays(library, settled, edited.bytes(), changed) ? "edited" : `changed ${what}`;
}
