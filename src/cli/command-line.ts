import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { HDF5File, OpenOptions, StringForm } from "../format/index.js";
import { directoryResolver, HDF5Error, open } from "../format/index.js";
import { dump } from "./dump.js";
import { list } from "./ls.js";
import { parseSelection } from "./selection-text.js";
import type { Terminal } from "./terminal.js";
import { printable, UsageError } from "./terminal.js";

const usage = `Usage:
  jangada ls FILE [PATH]                what a file holds: tree, shapes, types, filters, attributes
  jangada dump FILE PATH [SELECTION]    values of a dataset, or of a part of it

FILE is a path or an http(s) URL. SELECTION has one entry per axis, with commas between:
an index, a range start:stop:step, or : for the whole axis; negative numbers count from
the end. Example: 0:10,:,-1

Options:
  --json               print JSON
  --follow-links DIR   open what the file refers to in other files of DIR: external
                       links, external raw data, virtual datasets, parts of a family
  --strings FORM       read strings as utf8 (the default; other bytes are written \\xhh),
                       latin1, replace (U+FFFD for other bytes) or bytes
  --help               print this text
  --version            print the version
`;

/** Runs one call of `jangada`; answers the exit status: 0 done, 1 failed, 2 not understood. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.writeError(`jangada: ${printable(error.message)} (see jangada --help)\n`);
      return 2;
    }
    if (error instanceof HDF5Error) {
      terminal.writeError(`jangada: ${printable(error.message)}\n`);
      return 1;
    }
    throw error;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    terminal.write(usage);
    return 0;
  }
  if (values.version === true) {
    terminal.write(`${packageVersion()}\n`);
    return 0;
  }
  const [command, path, ...rest] = positionals;
  if (command === undefined) {
    terminal.writeError(usage);
    return 2;
  }
  const json = values.json === true;
  const follow = values["follow-links"];
  const resolver = follow === undefined ? undefined : directoryResolver(follow);
  const options = { resolver, strings: stringForm(values.strings) };
  switch (command) {
    case "ls": {
      const [object = "/", ...extra] = rest;
      const source = requireOperands(path, extra, "ls FILE [PATH]");
      return withFile(source, options, (file) => list(file, object, json, terminal));
    }
    case "dump": {
      const [object, selection, ...extra] = rest;
      const source = requireOperands(path, extra, "dump FILE PATH [SELECTION]");
      if (object === undefined) throw new UsageError("dump needs the path of a dataset in the file");
      const parsed = selection === undefined ? null : parseSelection(selection);
      return withFile(source, options, (file) => dump(file, object, parsed, json, terminal));
    }
    default:
      throw new UsageError(`unknown command ${command}`);
  }
}

/** Puts a selection such as `-1`, which is the last operand, where it is not taken for an option. */
function selectionLast(args: readonly string[]): string[] {
  const isSelection = (arg: string): boolean => /^-\d/.test(arg);
  if (args.includes("--")) return [...args];
  return [...args.filter((arg) => !isSelection(arg)), "--", ...args.filter(isSelection)];
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: selectionLast(args),
      options: {
        json: { type: "boolean" },
        "follow-links": { type: "string" },
        strings: { type: "string" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
      allowPositionals: true,
    });
  } catch (error) {
    // Of Node's messages, what is wrong; not its advice.
    throw new UsageError(error instanceof Error ? error.message.split(/\n|\. /)[0] : String(error));
  }
}

const forms: readonly StringForm[] = ["utf8", "latin1", "replace", "bytes"];

function stringForm(text: string | undefined): StringForm | undefined {
  const form = forms.find((candidate) => candidate === text);
  if (text !== undefined && form === undefined) throw new UsageError(`--strings is ${forms.join(", ")}, not ${text}`);
  return form;
}

function requireOperands(path: string | undefined, extra: readonly string[], form: string): string {
  if (path === undefined || extra.length > 0) throw new UsageError(`expected jangada ${form}`);
  return path;
}

async function withFile(
  source: string,
  options: OpenOptions,
  use: (file: HDF5File) => Promise<number>,
): Promise<number> {
  const file = await open(/^https?:\/\//i.test(source) ? new URL(source) : source, options);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
