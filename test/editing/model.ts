/** Random command sequences against a file and against a model of it in memory. */

import * as fc from "fast-check";
import type { HDF5File } from "../../src/format/index.js";
import { slice } from "../../src/format/index.js";
import type { Canonical, DescribedAttribute, DescribedObject, Description } from "./describe.js";
import type { Face } from "./faces.js";
import { dataset, group } from "./faces.js";

interface ModelGroup {
  readonly kind: "group";
  /** Whether links and attributes are listed in the order of creation. */
  readonly tracked: boolean;
  readonly links: Map<string, ModelNode | string>;
  readonly attributes: Map<string, DescribedAttribute>;
}

interface ModelDataset {
  readonly kind: "dataset";
  readonly attributes: Map<string, DescribedAttribute>;
  readonly type: keyof typeof types;
  readonly chunks: readonly number[] | null;
  readonly filters: readonly string[];
  shape: [number, number];
  values: (number | string)[][];
}

type ModelNode = ModelGroup | ModelDataset;

/** Stored name, the value at a count, and the fill value. */
const types = {
  int32: { name: "<i4", at: (n: number) => (n * 7919) % 1000, fill: 0, canonical: String },
  float64: { name: "<f8", at: (n: number) => n / 4, fill: 0, canonical: Number },
  string: { name: "string/utf-8", at: (n: number) => "ä".repeat(n % 5) + n, fill: "", canonical: String },
} as const;

const filterIds: Readonly<Record<string, number>> = { deflate: 1, shuffle: 2, fletcher32: 3 };

/** One step; numbers choose among what there is, so that every sequence makes sense. */
export type Command =
  | { readonly do: "createGroup"; readonly where: number; readonly name: number; readonly tracked: boolean }
  | {
      readonly do: "createDataset";
      readonly where: number;
      readonly name: number;
      readonly type: keyof typeof types;
      readonly shape: readonly [number, number];
      readonly chunks: readonly [number, number] | null;
      readonly filters: readonly string[];
      readonly filled: boolean;
    }
  | { readonly do: "createLinks"; readonly where: number; readonly count: number }
  | { readonly do: "hardLink"; readonly where: number; readonly name: number; readonly target: number }
  | { readonly do: "softLink" | "externalLink"; readonly where: number; readonly name: number }
  | { readonly do: "delete"; readonly where: number; readonly name: number }
  | {
      readonly do: "setAttributes";
      readonly on: number;
      readonly first: number;
      readonly count: number;
      readonly length: number;
    }
  | { readonly do: "deleteAttributes"; readonly on: number; readonly count: number }
  | {
      readonly do: "write";
      readonly on: number;
      readonly from: readonly [number, number];
      readonly step: readonly [number, number];
      readonly value: number;
    }
  | { readonly do: "append"; readonly on: number; readonly axis: 0 | 1; readonly steps: number; readonly value: number }
  | { readonly do: "resize"; readonly on: number; readonly shape: readonly [number, number] }
  | { readonly do: "read"; readonly on: number }
  | { readonly do: "flush" | "reopen" | "abandon" };

const small = fc.nat(1000);
const pair = (arbitrary: fc.Arbitrary<number>) => fc.tuple(arbitrary, arbitrary);
const record = <Name extends Command["do"]>(name: Name, fields: object): fc.Arbitrary<Command> =>
  fc.record({ do: fc.constant(name), ...fields }) as fc.Arbitrary<Command>;

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: record("createGroup", { where: small, name: small, tracked: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: record("createDataset", {
      where: small,
      name: small,
      type: fc.constantFrom("int32", "float64", "string"),
      shape: pair(fc.nat(9)),
      chunks: fc.option(pair(fc.integer({ min: 1, max: 6 })), { freq: 3 }),
      filters: fc.constantFrom<readonly string[]>(
        [],
        ["deflate"],
        ["shuffle", "deflate"],
        ["shuffle", "deflate", "fletcher32"],
      ),
      filled: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: record("createLinks", { where: small, count: fc.integer({ min: 5, max: 12 }) }) },
  { weight: 1, arbitrary: record("hardLink", { where: small, name: small, target: small }) },
  { weight: 1, arbitrary: record("softLink", { where: small, name: small }) },
  { weight: 1, arbitrary: record("externalLink", { where: small, name: small }) },
  { weight: 3, arbitrary: record("delete", { where: small, name: small }) },
  {
    weight: 3,
    arbitrary: record("setAttributes", {
      on: small,
      first: fc.nat(12),
      count: fc.integer({ min: 1, max: 9 }),
      length: fc.nat(40),
    }),
  },
  { weight: 2, arbitrary: record("deleteAttributes", { on: small, count: fc.integer({ min: 1, max: 7 }) }) },
  {
    weight: 5,
    arbitrary: record("write", {
      on: small,
      from: pair(fc.nat(9)),
      step: pair(fc.integer({ min: 1, max: 3 })),
      value: small,
    }),
  },
  {
    weight: 5,
    arbitrary: record("append", { on: small, axis: fc.constantFrom(0, 1), steps: fc.nat(4), value: small }),
  },
  { weight: 3, arbitrary: record("resize", { on: small, shape: pair(fc.nat(12)) }) },
  { weight: 2, arbitrary: record("read", { on: small }) },
  { weight: 3, arbitrary: record("flush", {}) },
  { weight: 2, arbitrary: record("reopen", {}) },
  { weight: 1, arbitrary: record("abandon", {}) },
);

export const commands: fc.Arbitrary<readonly Command[]> = fc.array(command, {
  minLength: 5,
  maxLength: 40,
  size: "max",
});

function newGroup(tracked: boolean): ModelGroup {
  return { kind: "group", tracked, links: new Map(), attributes: new Map() };
}

/** Reached groups or datasets, each by the first of its paths. */
function nodes(root: ModelGroup): Map<ModelNode, string> {
  const found = new Map<ModelNode, string>();
  const visit = (node: ModelNode, path: string): void => {
    if (found.has(node)) return;
    found.set(node, path);
    if (node.kind !== "group") return;
    for (const name of namesOf(node)) {
      const child = node.links.get(name);
      if (child !== undefined && typeof child !== "string") visit(child, `${path === "/" ? "" : path}/${name}`);
    }
  };
  visit(root, "/");
  return found;
}

function sorted(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function namesOf(node: ModelGroup): string[] {
  return node.tracked ? [...node.links.keys()] : sorted(node.links.keys());
}

function copy(root: ModelGroup): ModelGroup {
  return structuredClone(root);
}

/** A file and its model, kept in step. */
export class Session {
  readonly #face: Face;
  readonly #path: string;
  readonly #open: () => ReturnType<Face["open"]>;
  file: HDF5File;
  root: ModelGroup;
  /** As of the last flush; `null` before the first. */
  #committed: ModelGroup | null = null;
  /** Whether unfiltered elements were changed since: they are stored in place, and may be there before the flush. */
  #changedInPlace = false;

  private constructor(face: Face, path: string, file: HDF5File, tracked: boolean) {
    this.#face = face;
    this.#path = path;
    this.#open = () => face.open(path, { mode: "r+", durability: "process" });
    this.file = file;
    this.root = newGroup(tracked);
  }

  static async start(face: Face, path: string, libver: "default" | "earliest", tracked: boolean): Promise<Session> {
    const file = await face.create(path, { libver, trackOrder: tracked, overwrite: true, durability: "process" });
    return new Session(face, path, file, tracked);
  }

  #choose<Kind extends ModelNode["kind"]>(
    kind: Kind | null,
    choice: number,
  ): [Extract<ModelNode, { kind: Kind }>, string] | null {
    const found = [...nodes(this.root)].filter(([node]) => kind === null || node.kind === kind);
    if (found.length === 0) return null;
    return found[choice % found.length] as [Extract<ModelNode, { kind: Kind }>, string];
  }

  #name(choice: number): string {
    const names = ["a", "b", "c", "ü", "a longer name", "d", "e", "f"];
    return names[choice % names.length];
  }

  async close(): Promise<void> {
    await this.#face.close(this.file);
  }

  async giveUp(): Promise<void> {
    await this.#face.abandon(this.file);
  }

  async run(command: Command): Promise<void> {
    const face = this.#face;
    switch (command.do) {
      case "flush":
        await this.#flush();
        return;
      case "reopen":
        await face.close(this.file);
        this.#isCommitted();
        this.file = await this.#open();
        return;
      case "abandon":
        if (this.#changedInPlace) await this.#flush();
        if (this.#committed === null) return;
        await face.abandon(this.file);
        this.root = copy(this.#committed);
        this.file = await this.#open();
        return;
      case "setAttributes":
        return this.#setAttributes(command);
      case "deleteAttributes": {
        const chosen = this.#choose(null, command.on);
        if (chosen === null) return;
        const [node, path] = chosen;
        const object = await face.get(this.file, path);
        for (const name of [...node.attributes.keys()].slice(0, command.count)) {
          node.attributes.delete(name);
          await face.deleteAttribute(object, name);
        }
        return;
      }
      case "write":
      case "append":
      case "resize":
      case "read":
        return this.#changeDataset(command);
      default:
        return this.#changeGroup(command);
    }
  }

  async #flush(): Promise<void> {
    await this.#face.flush(this.file);
    this.#isCommitted();
  }

  #isCommitted(): void {
    this.#committed = copy(this.root);
    this.#changedInPlace = false;
  }

  async #setAttributes(command: Extract<Command, { do: "setAttributes" }>): Promise<void> {
    const chosen = this.#choose(null, command.on);
    if (chosen === null) return;
    const [node, path] = chosen;
    const object = await this.#face.get(this.file, path);
    for (let index = 0; index < command.count; index++) {
      const name = `attribute ${command.first + index}`;
      const { length } = command;
      if (index % 2 === 0) {
        const values = Array.from({ length }, (_, at) => at + index / 2);
        await this.#face.setAttribute(object, name, values, { dtype: "float64" });
        node.attributes.set(name, [name, "<f8", [length], values]);
      } else {
        const value = `ß${length}`;
        await this.#face.setAttribute(object, name, value);
        node.attributes.set(name, [name, "string/utf-8", [], value]);
      }
    }
  }

  async #changeGroup(
    command: Exclude<Command, { readonly on: number } | { do: "flush" | "reopen" | "abandon" }>,
  ): Promise<void> {
    const face = this.#face;
    const chosen = this.#choose("group", command.where);
    if (chosen === null) return;
    const [model, path] = chosen;
    const parent = await group(face, this.file, path);
    if (command.do === "createLinks") {
      for (let index = 0; index < command.count; index++) {
        const name = `link ${index}`;
        if (model.links.has(name)) continue;
        await face.createSoftLink(parent, name, `/target ${index}`);
        model.links.set(name, `-> /target ${index}`);
      }
      return;
    }
    if (command.do === "delete") {
      const names = [...model.links.keys()];
      if (names.length === 0) return;
      const name = names[command.name % names.length];
      await face.delete(parent, name);
      model.links.delete(name);
      return;
    }
    const name = this.#name(command.name);
    if (model.links.has(name)) return;
    switch (command.do) {
      case "createGroup":
        await face.createGroup(parent, name, { trackOrder: command.tracked });
        model.links.set(name, newGroup(command.tracked));
        return;
      case "softLink":
        await face.createSoftLink(parent, name, "no/where");
        model.links.set(name, "-> no/where");
        return;
      case "externalLink":
        await face.createExternalLink(parent, name, "other.h5", "/there");
        model.links.set(name, "-> other.h5:/there");
        return;
      case "hardLink": {
        const target = this.#choose(null, command.target);
        if (target === null) return;
        await face.createHardLink(parent, name, await face.get(this.file, target[1]));
        model.links.set(name, target[0]);
        return;
      }
      case "createDataset": {
        const { type, shape, chunks, filled } = command;
        const filters = chunks === null ? [] : command.filters;
        const { at, fill } = types[type];
        const values = valuesOf(shape, (row, column) => (filled ? at(row * 10 + column) : fill));
        const data = filled && shape[0] * shape[1] > 0 ? { data: values } : {};
        const growth = chunks === null ? {} : { chunks, filters, maxShape: [null, null] };
        await face.createDataset(parent, name, { dtype: type, shape, ...data, ...growth });
        model.links.set(name, {
          kind: "dataset",
          attributes: new Map(),
          type,
          chunks,
          filters,
          shape: [shape[0], shape[1]],
          values,
        });
      }
    }
  }

  async #changeDataset(command: Extract<Command, { do: "write" | "append" | "resize" | "read" }>): Promise<void> {
    const face = this.#face;
    const chosen = this.#choose("dataset", command.on);
    if (chosen === null) return;
    const [model, path] = chosen;
    const stored = await dataset(face, this.file, path);
    const { at, fill } = types[model.type];
    if (command.do !== "read" && model.filters.length === 0) this.#changedInPlace = true;
    switch (command.do) {
      case "read": {
        const value = (await face.read(stored)) as { readonly data: Iterable<unknown> };
        const found = JSON.stringify([...value.data]);
        const expected = JSON.stringify(model.values.flat());
        if (found !== expected) throw new Error(`${path}: read ${found}, expected ${expected}`);
        return;
      }
      case "write": {
        const { from, step } = command;
        const rows = indices(from[0], model.shape[0], step[0]);
        const columns = indices(from[1], model.shape[1], step[1]);
        if (rows.length * columns.length === 0) return;
        const values = valuesOf([rows.length, columns.length], (row, column) => at(command.value + row * 10 + column));
        await face.write(stored, values, [slice(from[0], null, step[0]), slice(from[1], null, step[1])]);
        for (const [r, row] of rows.entries()) {
          for (const [c, column] of columns.entries()) model.values[row][column] = values[r][c];
        }
        return;
      }
      case "append": {
        const { axis, steps } = command;
        if (model.chunks === null || steps === 0 || model.shape[1 - axis] === 0) return;
        const shape: [number, number] = axis === 0 ? [steps, model.shape[1]] : [model.shape[0], steps];
        const values = valuesOf(shape, (row, column) => at(command.value + row * 10 + column));
        await face.append(stored, values, axis);
        if (axis === 0) model.values.push(...values);
        else for (const [index, row] of model.values.entries()) row.push(...values[index]);
        model.shape[axis] += steps;
        return;
      }
      case "resize": {
        if (model.chunks === null) return;
        const { shape } = command;
        await face.resize(stored, shape);
        model.values = valuesOf(shape, (row, column) => model.values[row]?.[column] ?? fill);
        model.shape = [shape[0], shape[1]];
      }
    }
  }

  /** What the file must look like. */
  expected(): Description {
    const description: Record<string, DescribedObject | string> = {};
    const paths = nodes(this.root);
    for (const [node, path] of paths) {
      const isTracked = node.kind === "group" && node.tracked;
      const names = isTracked ? [...node.attributes.keys()] : sorted(node.attributes.keys());
      const attributes = names.map((name) => node.attributes.get(name) as DescribedAttribute);
      if (node.kind === "dataset") {
        description[path] = describedDataset(node, attributes);
        continue;
      }
      description[path] = { kind: "group", names: namesOf(node), attributes };
      for (const [name, child] of node.links) {
        const below = `${path === "/" ? "" : path}/${name}`;
        if (typeof child === "string") description[below] = child;
        else if (paths.get(child) !== below) description[below] = `= ${paths.get(child)}`;
      }
    }
    return description;
  }

  get path(): string {
    return this.#path;
  }
}

function describedDataset(node: ModelDataset, attributes: readonly DescribedAttribute[]): DescribedObject {
  const { name, canonical } = types[node.type];
  const isChunked = node.chunks !== null;
  return {
    kind: "dataset",
    type: name,
    shape: node.shape,
    maxShape: isChunked ? [null, null] : node.shape,
    chunks: node.chunks,
    filters: node.filters.map((filter) => filterIds[filter]),
    value: node.values.flat().map((value): Canonical => canonical(value)),
    attributes,
  };
}

function valuesOf(
  shape: readonly [number, number],
  at: (row: number, column: number) => number | string,
): (number | string)[][] {
  return Array.from({ length: shape[0] }, (_, row) => Array.from({ length: shape[1] }, (_, column) => at(row, column)));
}

function indices(from: number, size: number, step: number): number[] {
  const found: number[] = [];
  for (let index = from; index < size; index += step) found.push(index);
  return found;
}
