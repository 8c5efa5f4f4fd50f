/**
 * Two programs with the same file and no lock, in random order: what one has flushed stays, the other is told that the
 * file has changed, writes nothing, and succeeds after a reload.
 */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HDF5File, HDF5Object } from "../../src/format/index.js";
import { HDF5Error, openSync } from "../../src/format/index.js";
import { SharedBytes } from "../support/shared-device.js";
import { openHandle, openHandleSync, smallFile } from "./handles.js";

const datasets = ["plain", "chunked", "deflated"] as const;
const objects = ["/", "plain", "chunked", "deflated", "a", "b"] as const;

type Edit =
  | { readonly do: "append"; readonly to: "chunked" | "deflated"; readonly count: number }
  | { readonly do: "overwrite"; readonly of: (typeof datasets)[number]; readonly index: number }
  | { readonly do: "attribute"; readonly on: (typeof objects)[number]; readonly name: number; readonly length: number }
  | { readonly do: "group"; readonly in: "/" | "a" | "b" };

type Step = { readonly by: number } & (Edit | { readonly do: "flush" | "reload" | "reopen" | "read" });

const by = fc.integer({ min: 0, max: 1 });
const edit: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    by,
    do: fc.constant("append" as const),
    to: fc.constantFrom("chunked" as const, "deflated" as const),
    count: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({
    by,
    do: fc.constant("overwrite" as const),
    of: fc.constantFrom(...datasets),
    index: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({
    by,
    do: fc.constant("attribute" as const),
    on: fc.constantFrom(...objects),
    name: fc.integer({ min: 0, max: 11 }),
    length: fc.constantFrom(1, 1, 30, 700),
  }),
  fc.record({ by, do: fc.constant("group" as const), in: fc.constantFrom("/" as const, "a" as const, "b" as const) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: edit },
  { weight: 3, arbitrary: fc.record({ by, do: fc.constant("flush" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ by, do: fc.constantFrom("reload" as const, "reopen" as const, "read" as const) }),
  },
);

/** What a file holds. */
interface Content {
  readonly elements: Map<string, number[]>;
  readonly attributes: Map<string, Map<string, string>>;
  readonly groups: Set<string>;
}

function contentOf(file: HDF5File): Content {
  const elements = new Map<string, number[]>();
  const attributes = new Map<string, Map<string, string>>();
  const groups = new Set<string>();
  for (const name of datasets) {
    const dataset = file.getSync(name);
    if (dataset.kind !== "dataset") throw new Error(name);
    elements.set(name, Array.from((dataset.readSync() as { readonly data: Int32Array }).data));
  }
  for (const name of objects) {
    attributes.set(name, new Map(file.getSync(name).attrs.entriesSync() as Iterable<[string, string]>));
  }
  for (const { path, object } of file.visitSync())
    if (object?.kind === "group" && path.includes("new")) groups.add(path);
  return { elements, attributes, groups };
}

/** A change by its effect on a file and on what it is to hold. */
interface Change {
  readonly make: (objects: ReadonlyMap<string, HDF5Object>) => void | Promise<void>;
  readonly apply: (content: Content) => void;
}

let made = 0;

function changeOf(edit: Edit): Change {
  const value = ++made;
  switch (edit.do) {
    case "append": {
      const added = Int32Array.from({ length: edit.count }, (_, index) => 1000 * value + index);
      return {
        make: (objects) => on(objects, edit.to, "dataset").append(added),
        apply: ({ elements }) => elements.get(edit.to)?.push(...added),
      };
    }
    case "overwrite":
      return {
        make: (objects) => on(objects, edit.of, "dataset").write(value, [edit.index]),
        apply: ({ elements }) => elements.get(edit.of)?.splice(edit.index, 1, value),
      };
    case "attribute": {
      const text = `${value}`.padEnd(edit.length, "x");
      const name = `attribute ${edit.name}`;
      return {
        make: (objects) => objects.get(edit.on)?.attrs.set(name, text),
        apply: ({ attributes }) => attributes.get(edit.on)?.set(name, text),
      };
    }
    case "group": {
      const name = `new ${value}`;
      return {
        make: async (objects) => void (await on(objects, edit.in, "group").createGroup(name)),
        apply: ({ groups }) => groups.add(edit.in === "/" ? `/${name}` : `/${edit.in}/${name}`),
      };
    }
  }
}

function on<Kind extends HDF5Object["kind"]>(
  objects: ReadonlyMap<string, HDF5Object>,
  name: string,
  kind: Kind,
): Extract<HDF5Object, { kind: Kind }> {
  const object = objects.get(name);
  if (object?.kind !== kind) throw new Error(`${name} is no ${kind}`);
  return object as Extract<HDF5Object, { kind: Kind }>;
}

/** One of the two programs: its handles, and what it has not flushed yet. */
class Program {
  readonly #shared: SharedBytes;
  readonly #isVersioned: boolean;
  file!: HDF5File;
  objects: ReadonlyMap<string, HDF5Object> = new Map();
  staged: Change[] = [];
  /** Whether the other one has flushed since this one last read or wrote. */
  isBehind = false;

  constructor(shared: SharedBytes, isVersioned: boolean) {
    this.#shared = shared;
    this.#isVersioned = isVersioned;
  }

  async open(how: typeof openHandle | typeof openHandleSync): Promise<void> {
    this.file = await how(this.#shared.device({ versioned: this.#isVersioned }));
    this.objects = new Map(objects.map((name) => [name, this.file.getSync(name)]));
    this.staged = [];
    this.isBehind = false;
  }

  async change(change: Change): Promise<void> {
    try {
      await change.make(this.objects);
    } catch (error) {
      // What was read of two states may make no sense; a device that knows of changes says so.
      const code = this.#isVersioned ? "changed" : "corrupt";
      if (!this.isBehind || !(error instanceof HDF5Error) || error.code !== code) throw error;
      await this.catchUp();
      await change.make(this.objects);
    }
    this.staged.push(change);
  }

  /** Takes the file as it is, and makes again what was staged. */
  async catchUp(): Promise<void> {
    await this.file.reload();
    this.isBehind = false;
    for (const change of this.staged) await change.make(this.objects);
  }

  /** Flushes; says whether the file had been changed. */
  async flush(): Promise<"flushed" | "changed"> {
    try {
      await this.file.flush();
      return "flushed";
    } catch (error) {
      if (error instanceof HDF5Error && error.code === "changed") return "changed";
      throw error;
    }
  }
}

/** Runs the steps; `strict`: each flush behind the other's must be refused, as the devices know of all changes. */
async function run(steps: readonly Step[], bytes: Uint8Array, strict: boolean): Promise<void> {
  const shared = new SharedBytes(bytes);
  const programs = [new Program(shared, strict), new Program(shared, strict)];
  await programs[0].open(openHandle);
  await programs[1].open(openHandleSync);
  const content = contentOf(openSync(bytes));
  const flush = async (program: Program, other: Program): Promise<void> => {
    const before = shared.bytes;
    const wasBehind = program.isBehind;
    let result = await program.flush();
    if (strict) expect(result).toBe(wasBehind && program.staged.length > 0 ? "changed" : "flushed");
    else if (!wasBehind) expect(result).toBe("flushed");
    if (result === "changed") {
      expect(shared.bytes).toEqual(before);
      await program.catchUp();
      result = await program.flush();
      expect(result).toBe("flushed");
    }
    if (program.staged.length > 0) other.isBehind = true;
    for (const change of program.staged) change.apply(content);
    program.staged = [];
  };
  for (const step of steps) {
    const program = programs[step.by];
    const other = programs[1 - step.by];
    switch (step.do) {
      case "flush":
        await flush(program, other);
        break;
      case "reload":
        if (step.by === 0) await program.file.reload();
        else program.file.reloadSync();
        program.staged = [];
        program.isBehind = false;
        expect(contentOf(program.file)).toEqual(content);
        break;
      case "reopen":
        await program.file.abandon();
        await program.open(step.by === 0 ? openHandleSync : openHandle);
        break;
      case "read":
        // What is read by one that is behind may be of either state, or be no state at all.
        if (!program.isBehind && program.staged.length === 0) expect(contentOf(program.file)).toEqual(content);
        break;
      default:
        await program.change(changeOf(step));
    }
  }
  await flush(programs[0], programs[1]);
  await flush(programs[1], programs[0]);
  expect(contentOf(openSync(shared.bytes))).toEqual(content);
}

const count = Number(process.env["JANGADA_INTERLEAVINGS"] ?? 150);

describe.each(["default", "earliest"] as const)("two programs in random order (libver %s)", (libver) => {
  const bytes = smallFile(libver);

  it("devices that know of each change: the later flush is refused", { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 30 }), (steps) => run(steps, bytes, true)),
      { numRuns: count },
    );
  });

  it("devices that know of none: superblock and headers tell", { timeout: 300_000 }, async () => {
    // Elements that both overwrite in place are nobody's loss.
    const steps = fc.array(
      step.filter((each) => each.do !== "overwrite"),
      { minLength: 2, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(steps, (each) => run(each, bytes, false)),
      { numRuns: count },
    );
  });
});
