/** What a file of the interleavings holds, and the calls that change it. */
import type { CallOptions, Dataset, HDF5File, NDArray } from "../../src/format/index.js";
import { createSync, openSync, slice } from "../../src/format/index.js";

/** The content, by object: datasets have their elements, groups and attributes what they are called. */
export interface Model {
  readonly attributes: Map<string, number | string>;
  /** Everything that was created beside the four datasets of the base, and what is in it. */
  readonly created: Map<string, readonly number[] | null>;
  readonly elements: Map<string, readonly (number | string)[]>;
}

export const names = ["filtered", "unfiltered", "strings", "contiguous"] as const;

export type Name = (typeof names)[number];

/** A call, and what it does to the model: it answers the code of the error that it must raise instead, if any. */
export interface Step {
  readonly text: string;
  run(target: Target, options: CallOptions): Promise<unknown>;
  apply(model: Model): string | null;
  /** For a call that reads: what it must give. */
  readonly reads?: (model: Model) => unknown;
}

/** An open file and its datasets. */
export interface Target {
  readonly file: HDF5File;
  readonly datasets: ReadonlyMap<string, Dataset>;
}

export function copyOf(model: Model): Model {
  return {
    attributes: new Map(model.attributes),
    created: new Map(model.created),
    elements: new Map(model.elements),
  };
}

/** The file that all begin with, and its model. */
export function base(libver: "default" | "earliest"): { readonly bytes: Uint8Array; readonly model: Model } {
  const file = createSync(undefined, { libver });
  const count = 20;
  const integers = Int32Array.from({ length: count }, (_, index) => index);
  const texts = Array.from({ length: count }, (_, index) => `text ${index}`);
  const growing = { maxShape: [null], chunks: [8] };
  file.createDatasetSync("filtered", { data: integers, ...growing, filters: ["shuffle", "deflate", "fletcher32"] });
  file.createDatasetSync("unfiltered", { data: integers, ...growing });
  file.createDatasetSync("strings", { data: texts, ...growing });
  file.createDatasetSync("contiguous", { data: integers });
  file.closeSync();
  const elements = new Map<string, readonly (number | string)[]>(names.map((name) => [name, [...integers]]));
  elements.set("strings", texts);
  return { bytes: file.bytes(), model: { attributes: new Map(), created: new Map(), elements } };
}

function contentOf(value: unknown): (number | string)[] {
  return Array.from((value as NDArray).data as ArrayLike<number | string>);
}

/** What a file holds. */
export function modelOf(bytes: Uint8Array): Model {
  const file = openSync(bytes);
  const attributes = new Map(file.attrs.entriesSync() as [string, number | string][]);
  const created = new Map<string, readonly number[] | null>();
  const elements = new Map<string, readonly (number | string)[]>();
  for (const [name, object] of file.entriesSync()) {
    if (object.kind === "dataset") {
      const content = contentOf(object.readSync());
      if ((names as readonly string[]).includes(name)) elements.set(name, content);
      else created.set(name, content as number[]);
    } else created.set(name, null);
    if (object.referenceCount !== 1) throw new Error(`${name} counts ${object.referenceCount} links`);
  }
  file.closeSync();
  return { attributes, created, elements };
}

function elementsOf(model: Model, name: string): readonly (number | string)[] {
  const found = model.elements.get(name);
  if (found === undefined) throw new Error(`the model has no ${name}`);
  return found;
}

function valuesFor(name: string, count: number, from: number): readonly (number | string)[] {
  const isText = name === "strings";
  return Array.from({ length: count }, (_, index) =>
    isText ? `new ${from + index}`.repeat(1 + (from % 40)) : from + index,
  );
}

/** A random call. `random` answers numbers in [0, 1). */
export function randomStep(random: () => number): Step {
  const below = (count: number): number => Math.floor(random() * count);
  const kinds = [
    attribute,
    attribute,
    removal,
    group,
    dataset,
    deletion,
    append,
    append,
    write,
    write,
    write,
    resize,
    read,
    read,
  ];
  return kinds[below(kinds.length)](below);
}

type Below = (count: number) => number;

function attribute(below: Below): Step {
  const name = `a${below(6)}`;
  const value = below(3) === 0 ? "x".repeat(below(300)) : below(1000);
  return {
    text: `set ${name}`,
    run: ({ file }, options) => file.attrs.set(name, value, options),
    apply: ({ attributes }) => {
      attributes.set(name, value);
      return null;
    },
  };
}

function removal(below: Below): Step {
  const name = `a${below(6)}`;
  return {
    text: `delete the attribute ${name}`,
    run: ({ file }, options) => file.attrs.delete(name, options),
    apply: ({ attributes }) => (attributes.delete(name) ? null : "not-found"),
  };
}

function creation(name: string, content: readonly number[] | null): Pick<Step, "apply"> {
  return {
    apply: ({ created }) => {
      if (created.has(name)) return "exists";
      created.set(name, content);
      return null;
    },
  };
}

function group(below: Below): Step {
  const name = `c${below(8)}`;
  return {
    text: `create the group ${name}`,
    run: ({ file }, options) => file.createGroup(name, options),
    ...creation(name, null),
  };
}

function dataset(below: Below): Step {
  const name = `c${below(8)}`;
  const data = Array.from({ length: 1 + below(40) }, () => below(1000));
  const filters = below(2) === 0 ? ["deflate" as const] : [];
  const storage = below(2) === 0 ? {} : { chunks: [1], filters };
  return {
    text: `create the dataset ${name}`,
    run: ({ file }, options) => file.createDataset(name, { data: Int32Array.from(data), ...storage, ...options }),
    ...creation(name, data),
  };
}

function deletion(below: Below): Step {
  const name = `c${below(8)}`;
  return {
    text: `delete ${name}`,
    run: ({ file }, options) => file.delete(name, options),
    apply: ({ created }) => (created.delete(name) ? null : "not-found"),
  };
}

function onDataset(name: string, target: Target): Dataset {
  const found = target.datasets.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function append(below: Below): Step {
  const name = names[below(3)];
  const values = valuesFor(name, 1 + below(12), below(1000));
  return {
    text: `append ${values.length} to ${name}`,
    run: (target, options) => onDataset(name, target).append(values, options),
    apply: (model) => {
      model.elements.set(name, [...elementsOf(model, name), ...values]);
      return null;
    },
  };
}

function write(below: Below): Step {
  const name = names[below(4)];
  const from = below(12);
  const values = valuesFor(name, 1 + below(8), below(1000));
  return {
    text: `write ${values.length} to ${name} from ${from}`,
    run: (target, options) => onDataset(name, target).write(values, [slice(from, from + values.length)], options),
    apply: (model) => {
      const before = elementsOf(model, name);
      if (from + values.length > before.length) return "invalid-argument";
      model.elements.set(name, [...before.slice(0, from), ...values, ...before.slice(from + values.length)]);
      return null;
    },
  };
}

function resize(below: Below): Step {
  const name = names[below(3)];
  const count = 20 + below(20);
  return {
    text: `resize ${name} to ${count}`,
    run: (target, options) => onDataset(name, target).resize([count], options),
    apply: (model) => {
      const before = elementsOf(model, name);
      const fill = new Array<number | string>(Math.max(0, count - before.length)).fill(name === "strings" ? "" : 0);
      model.elements.set(name, [...before.slice(0, count), ...fill]);
      return null;
    },
  };
}

function read(below: Below): Step {
  const name = names[below(4)];
  return {
    text: `read ${name}`,
    run: async (target, options) => contentOf(await onDataset(name, target).read(null, options)),
    apply: () => null,
    reads: (model) => elementsOf(model, name),
  };
}
