/**
 * Random interleavings of calls, awaited and not, aborts, failures and closing, against a model: nothing acknowledged is
 * lost, nothing rejected is kept, and no call is refused without a reason.
 *
 * `INTERLEAVINGS` sets how many, `SEED` the first.
 */
import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/format/dataset.js";
import { HDF5Error } from "../../src/format/errors.js";
import { editor } from "../../src/format/objects/editor.js";
import { hostFor } from "../../src/format/objects/open-state.js";
import { openFile } from "../../src/format/open-file.js";
import { runAsync } from "../../src/format/storage/drivers.js";
import { FaultyDevice } from "../support/faulty-device.js";
import { seeded } from "./images.js";
import type { Model, Step, Target } from "./interleaving-model.js";
import { base, copyOf, modelOf, names, randomStep } from "./interleaving-model.js";

const count = Number(process.env["INTERLEAVINGS"] ?? 400);
const firstSeed = Number(process.env["SEED"] ?? 0);

const bases = [base("default"), base("earliest")];

async function opened(device: FaultyDevice): Promise<Target> {
  const host = hostFor(device, {});
  const file = await runAsync(openFile(host, { mode: "r+" }, { editor, foreign: null }, {}), host);
  const datasets = new Map<string, Dataset>();
  for (const name of names) {
    const object = await file.get(name);
    if (object.kind !== "dataset") throw new Error(`${name} is a ${object.kind}`);
    datasets.set(name, object);
  }
  return { file, datasets };
}

/** A call that was made: its outcome is looked at in the order of the calls. */
interface Made {
  readonly step: Step;
  readonly signal: AbortSignal;
  readonly isLate: boolean;
  readonly outcome: Promise<{ readonly value: unknown } | { readonly error: unknown }>;
}

const flushing: Step = {
  text: "flush",
  run: ({ file }, options) => file.flush(options),
  apply: () => null,
};

/** What of a run has happened, for the outcome of all. */
class Run {
  readonly random: () => number;
  readonly device: FaultyDevice;
  readonly log: string[] = [];
  model: Model;
  /** States that may be in the file: that of the last acknowledged flush, and all later ones. */
  states: Model[];
  failures = 0;
  /** Calls that were rejected as `io`. */
  rejections = 0;
  /** Whether syncing failed. */
  hasEnded = false;
  failing = true;
  /** What to abort at a later request. */
  readonly aborting: AbortController[] = [];

  constructor(seed: number) {
    this.random = seeded(seed * 7919 + 1);
    const { bytes, model } = bases[seed % bases.length];
    this.device = new FaultyDevice(bytes, false);
    this.model = copyOf(model);
    this.states = [this.model];
  }

  /** Lets requests fail, and aborts calls, at random. */
  disturb(rate: number, syncRate: number): void {
    this.device.watch((call) => {
      if (this.random() < 0.2) this.aborting.pop()?.abort("enough");
      if (!this.failing || this.random() >= (call === "barrier" ? syncRate : rate)) return;
      this.failures++;
      if (call === "barrier") this.hasEnded = true;
      throw new Error(`no ${call}`);
    });
  }

  make(target: Target, step: Step, isLate = false): Made {
    const controller = new AbortController();
    const chance = this.random();
    if (chance < 0.15) this.aborting.push(controller);
    else if (chance < 0.18) controller.abort("early");
    const { signal } = controller;
    const outcome = step.run(target, { signal }).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    return { step, signal, isLate, outcome };
  }

  /** Takes the outcome of a call into the model. */
  async take({ step, signal, isLate, outcome }: Made): Promise<void> {
    const result = await outcome;
    const next = copyOf(this.model);
    const expected = step.apply(next);
    if ("error" in result) {
      const { error } = result;
      if (!(error instanceof HDF5Error)) throw error;
      this.log.push(`${step.text}: ${error.code}`);
      if (isLate) expect(error.code).toBe("closed");
      else this.#checkReason(error, expected, signal);
      return;
    }
    this.log.push(`${step.text}: done`);
    expect(isLate).toBe(false);
    expect(expected).toBeNull();
    if (step.reads !== undefined) expect(result.value).toEqual(step.reads(this.model));
    else if (step === flushing) this.states = [this.model];
    else {
      expect(this.hasEnded && this.failures > 0 && this.rejections > 0 && this.endedBefore).toBe(false);
      this.model = next;
      this.states.push(next);
    }
  }

  /** Whether a call was told that the session has ended. */
  endedBefore = false;

  #checkReason(error: HDF5Error, expected: string | null, signal: AbortSignal): void {
    if (error.code === "aborted") expect(signal.aborted).toBe(true);
    else if (error.code === "io") {
      this.rejections++;
      if (this.hasEnded && /syncing failed/.test(error.message)) this.endedBefore = true;
      // Each failure is the reason of one rejection at most, but for the one that ends all.
      if (!this.endedBefore) expect(this.rejections).toBeLessThanOrEqual(this.failures);
    } else expect(error.code).toBe(expected);
  }

  /** What of the file's content is neither as at the last acknowledged flush nor as at any time after it. */
  problem(now: Model): string | null {
    const isOneOf = (get: (model: Model) => unknown, found: unknown): boolean =>
      this.states.some((state) => JSON.stringify(get(state)) === JSON.stringify(found));
    const attributes = (model: Model) => [...model.attributes].sort();
    if (!isOneOf(attributes, attributes(now))) return "attributes";
    const created = (model: Model) => [...model.created].sort();
    if (!isOneOf(created, created(now))) return "created objects";
    for (const name of names) {
      const found = now.elements.get(name) ?? [];
      const lengths = this.states.map(({ elements }) => elements.get(name)?.length);
      if (!lengths.includes(found.length)) return `${name} has ${found.length} elements`;
      const known = found.every((value, index) =>
        this.states.some(({ elements }) => elements.get(name)?.[index] === value),
      );
      if (!known) return `${name}: ${found.join(" ")}`;
    }
    return null;
  }
}

/** One interleaving; answers whether all was stored in the end. */
async function interleave(run: Run): Promise<boolean> {
  const { random, device } = run;
  const target = await opened(device);
  run.disturb(random() < 0.3 ? 0 : 0.06, random() < 0.1 ? 0.2 : 0);
  let waiting: Made[] = [];
  const settle = async (): Promise<void> => {
    for (const made of waiting) await run.take(made);
    waiting = [];
  };
  const steps = 10 + Math.floor(random() * 25);
  for (let step = 0; step < steps; step++) {
    waiting.push(run.make(target, random() < 0.15 ? flushing : randomStep(random)));
    if (random() < 0.6) await settle();
  }
  // Mostly the causes of failures are gone before the end.
  run.failing = random() < 0.2;
  if (!run.failing) await settle();
  run.aborting.length = 0;
  const closing = target.file.close().then(
    () => null,
    (error: unknown) => error,
  );
  for (let late = 0; late < 3; late++) waiting.push(run.make(target, randomStep(random), true));
  const again = random() < 0.5 ? target.file.close() : null;
  await settle();
  const problem = await closing;
  if (problem === null) await again;
  else {
    if (again !== null) await expect(again).rejects.toBe(problem);
    expect(problem).toMatchObject({ code: "io", message: expect.stringMatching(/not safely stored/) });
    expect(run.failing || run.hasEnded).toBe(true);
  }
  expect(device.closed).toBe(true);
  const now = modelOf(device.bytes().slice());
  if (problem === null) {
    expect(now.elements).toEqual(run.model.elements);
    expect(now.created).toEqual(run.model.created);
    expect(now.attributes).toEqual(run.model.attributes);
  } else expect(run.problem(now)).toBeNull();
  return problem === null;
}

describe("interleavings", () => {
  it(`lose nothing that was acknowledged and keep nothing that was rejected: ${count}`, {
    timeout: 3_600_000,
  }, async () => {
    let stored = 0;
    let failures = 0;
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const run = new Run(seed);
      try {
        if (await interleave(run)) stored++;
      } catch (error) {
        throw new Error(`SEED=${seed}: ${run.log.join("; ")}`, { cause: error });
      }
      failures += run.failures;
    }
    console.info(`${count} interleavings, ${failures} failures, ${stored} stored in the end`);
    if (count >= 100) {
      expect(stored).toBeGreaterThan(count / 2);
      expect(stored).toBeLessThan(count);
      expect(failures).toBeGreaterThan(count / 2);
    }
  });
});
