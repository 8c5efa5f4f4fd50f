/**
 * Arbitrary JavaScript values as any argument of any public method: what comes of it is a result or an `HDF5Error` that
 * names the argument, never a leaked error of the runtime; asynchronous methods reject and do not throw; the file stays
 * as it was and usable.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import * as library from "../../src/index.js";
import { HDF5Error, slice } from "../../src/index.js";
import type { Callable, World } from "./surface.js";
import { callIn, isAsync, leftOut, makeWorld, notConstructed, surface, validArguments } from "./surface.js";

/** `JANGADA_ANY_VALUES` sets the number of calls, `SEED` which they are. */
const runs = Number(process.env["JANGADA_ANY_VALUES"] ?? 2000);
const seed = Number(process.env["SEED"] ?? 1);
const longest = 2000;

const directory = mkdtempSync(join(tmpdir(), "any-value-"));
const before = process.cwd();
beforeAll(() => process.chdir(directory));
afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

function throwing(): object {
  return {
    get data(): never {
      throw new TypeError("this getter throws");
    },
    get kind(): never {
      throw new TypeError("this getter throws");
    },
    toString(): never {
      throw new TypeError("this does not become text");
    },
  };
}

function refusing(): object {
  const refuse = (): never => {
    throw new RangeError("this proxy refuses");
  };
  return new Proxy(() => {}, {
    get: refuse,
    has: refuse,
    ownKeys: refuse,
    getPrototypeOf: refuse,
    getOwnPropertyDescriptor: refuse,
    apply: refuse,
    construct: refuse,
  });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

function cyclic(): unknown[] {
  const list: unknown[] = [1];
  list.push(list, { list });
  return list;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

/** Made anew for each call, as some of them change when they are used. */
const oddities: readonly (() => unknown)[] = [
  () => Symbol("symbol"),
  () => Symbol.iterator,
  () => Object.create(null) as object,
  throwing,
  refusing,
  revoked,
  detached,
  cyclic,
  () => nested(300),
  () => nested(100_000),
  () => [Symbol("in a list"), null],
  () => new Array(3),
  () => [[1, 2], [3]],
  () => new Date(0),
  () => new Date(Number.NaN),
  () => new Map<unknown, unknown>([[{}, 1]]),
  () => new Set([1]),
  () => new WeakMap(),
  () => /pattern/,
  () => new Error("given"),
  () => Promise.resolve(1),
  // biome-ignore lint/suspicious/noThenProperty: what is awaited by mistake is to be met
  () => Object.fromEntries([["then", (resolve: (value: number) => void) => resolve(1)]]),
  () => (): never => {
    throw new TypeError("this callback throws");
  },
  () => () => "result",
  () => class {},
  () => new ArrayBuffer(8),
  () => new SharedArrayBuffer(8),
  () => new Uint8Array(new SharedArrayBuffer(8)),
  () => new DataView(new ArrayBuffer(8)),
  () => Float64Array.of(1, Number.NaN),
  () => BigInt64Array.of(1n),
  () => ({ data: Float64Array.of(1), shape: [2 ** 40], stride: [1], dtype: "float64" }),
  () => ({ data: [1], shape: [-1], stride: [Number.NaN], dtype: {} }),
  () => ({ kind: "slice", start: {}, stop: Symbol("stop") }),
  () => [slice(0, Number.POSITIVE_INFINITY), slice(null, null, 0.5)],
  () => ({ kind: "compound", members: [{ name: Symbol("name"), dtype: "int32" }] }),
  () => ({ kind: "enum", base: "int32", members: null }),
  () => ({ kind: "array", base: "int8", shape: [2 ** 31, 2 ** 31] }),
  () => ({ kind: "string", length: -1 }),
  () => ({ class: "fixed-point", size: 3 }),
  () => ({ class: "variable-length" }),
  () => ({ kind: "nonsense" }),
  () => ({ shape: [2 ** 53, 2 ** 53], dtype: "float64" }),
  () => ({ shape: [2 ** 40], dtype: "int8", chunks: [2 ** 31] }),
  () => ({ size: 2 ** 53, read: () => new Uint8Array(1) }),
  () => ({ signal: { aborted: 1 } }),
  () => AbortSignal.abort(Symbol("reason")),
  () => ({ signal: AbortSignal.abort() }),
  () => "x".repeat(70_000),
  () => "half \ud800 a pair",
  () => "nul \0 inside",
  () => "__proto__",
];

const plain = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    0,
    -0,
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 31,
    2 ** 53,
    1n,
    -1n,
    2n ** 64n,
    "",
    ".",
    "..",
    "d",
    "/d",
    "/",
    "g/h",
    [],
    [0],
    {},
  ),
  fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true, withSparseArray: true, maxDepth: 2 }),
);

const anyValue: fc.Arbitrary<() => unknown> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...oddities) },
  { weight: 1, arbitrary: plain.map((value) => () => value) },
);

const callables = surface();

interface Call {
  readonly callable: Callable;
  readonly given: readonly (() => unknown)[];
}

const calls: fc.Arbitrary<Call> = fc
  .tuple(fc.constantFrom(...callables), fc.array(anyValue, { minLength: 0, maxLength: 4 }), fc.nat(3), fc.boolean())
  .map(([callable, values, at, isOne]) => {
    const valid = validArguments[callable.method.replace(/Sync$/, "")] ?? [];
    if (!isOne || values.length === 0) return { callable, given: values };
    // One argument is anything, the others are right.
    const given = Array.from({ length: Math.max(valid.length, at + 1) }, (_, index) => () => valid[index]);
    given[at] = values[0];
    return { callable, given };
  });

/** Methods that open a place that a string names: that it is not to be had is a failure of the device. */
const opens = /^(?:open|create|load|save|directoryResolver)|^new$/;

function isOfTheDevice({ callable }: Call, error: HDF5Error): boolean {
  const { cause } = error;
  const hasNumber = typeof cause === "object" && cause !== null && ("errno" in cause || cause instanceof TypeError);
  return error.code === "io" && hasNumber && opens.test(callable.method);
}

/** What comes of a call, the first three items where it answers many. */
async function outcomeOf(world: World, call: Call): Promise<{ readonly error: unknown } | null> {
  const given = call.given.map((make) => make());
  let answer: unknown;
  try {
    answer = callIn(world, call.callable, given);
  } catch (error) {
    if (isAsync(world, call.callable)) throw new Error("an asynchronous method threw", { cause: error });
    return { error };
  }
  try {
    if (answer instanceof Promise) await answer;
    else if (typeof answer === "object" && answer !== null && "next" in answer) {
      const steps = answer as AsyncIterator<unknown>;
      for (let count = 0; count < 3 && (await steps.next()).done !== true; count++);
    }
    return null;
  } catch (error) {
    return { error };
  }
}

function stateOf(file: HDF5File): unknown {
  const dataset = file.datasetSync("d");
  return [
    file.keysSync(),
    dataset.shape,
    dataset.readSync([slice(0, Math.min(8, dataset.shape?.[0] ?? 0))]),
    file.attrs.keysSync(),
    file.groupSync("g").keysSync(),
  ];
}

function nameOf({ callable: { owner, method } }: Call): string {
  return `${owner === "" ? "" : `${owner}.`}${method}`;
}

async function check(call: Call): Promise<void> {
  const world = makeWorld();
  const { file } = world;
  const start = stateOf(file);
  const begun = performance.now();
  const outcome = await outcomeOf(world, call);
  const took = performance.now() - begun;
  if (took > longest) throw new Error(`${nameOf(call)} took ${took} ms`);
  if (outcome !== null) {
    const { error } = outcome;
    if (!(error instanceof HDF5Error)) throw new Error(`${nameOf(call)} leaked ${describeError(error)}`);
    if (error.code === "io" && !isOfTheDevice(call, error)) {
      throw new Error(`${nameOf(call)} is an io error: ${error.message}; cause ${describeError(error.cause)}`);
    }
  }
  if (!file.closed) {
    if (outcome !== null) expect(stateOf(file)).toEqual(start);
    file.attrs.setSync("after", 1);
    file.closeSync();
  }
  if (world.lazy.isOpen) world.lazy.closeSync();
  if (unhandled.length > 0) throw new Error(`${nameOf(call)} left ${describeError(unhandled.splice(0)[0])}`);
}

function describeError(error: unknown): string {
  try {
    return error instanceof Error ? `${error.stack}` : String(error);
  } catch {
    return "something that cannot be looked at";
  }
}

describe("arbitrary values", () => {
  it("are looked for in all that can be called", () => {
    expect(callables.length).toBeGreaterThan(200);
    const methods = new Set<string>();
    for (const object of Object.values(makeWorld().objects)) {
      for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
        for (const name of Object.getOwnPropertyNames(at)) methods.add(name);
      }
    }
    expect(Object.keys(leftOut).filter((name) => !methods.has(name))).toEqual([]);
    expect(notConstructed.size).toBe(8);
    expect([...notConstructed].filter((name) => !(name in library))).toEqual([]);
  });

  it(`are results or errors that say what is wrong: ${runs}`, { timeout: 60_000 + 50 * runs }, async () => {
    await fc.assert(fc.asyncProperty(calls, check), { numRuns: runs, seed, endOnFailure: true });
  });
});
