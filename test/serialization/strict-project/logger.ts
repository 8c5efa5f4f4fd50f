/** A data logger: channels with samples that grow, events, calibration, a summary; nothing in here is cast. */

import type { Lazy, NDArray } from "jangada";
import { DatetimeIndex, HDF5Error, Persistable, property, slice, Timestamp } from "jangada";

type Level = "info" | "warning" | "alarm";

const levels: readonly string[] = ["info", "warning", "alarm"];

function isLevel(text: string): text is Level {
  return levels.includes(text);
}

export class Event extends Persistable.define("logger.Event", {
  when: property<Timestamp>(),
  level: property<Level, string>({
    default: "info",
    parser: (text) => {
      if (!isLevel(text)) throw new RangeError(`no level: ${text}`);
      return text;
    },
  }),
  text: property({ default: "" }),
}) {
  get isAlarm(): boolean {
    return this.level === "alarm";
  }
}

export class Calibration extends Persistable.define("logger.Calibration", {
  coefficients: property.array("float64", { default: [0, 1], lazy: false }),
  by: property({ default: "", writeonce: true }),
}) {
  apply(raw: Float64Array): Float64Array {
    const coefficients = this.coefficients.data;
    return raw.map((value) => coefficients.reduceRight((sum, coefficient) => sum * value + coefficient, 0));
  }
}

export class Channel extends Persistable.define("logger.Channel", {
  name: property({ default: "" }),
  unit: property({ default: "", doc: "as it is printed" }),
  samples: property.array("float64", { default: [], chunks: [4096] }),
  flags: property.array("uint8", { default: [] }),
  times: property<DatetimeIndex>({ default: () => new DatetimeIndex(new BigInt64Array(0), "UTC") }),
  calibration: property.of(() => Calibration),
  range: property<readonly [number, number]>({ default: [0, 1] }),
}) {
  mean(): number {
    const { data } = this.samples;
    return data.length === 0 ? Number.NaN : data.reduce((sum, value) => sum + value, 0) / data.length;
  }

  calibrated(): Float64Array {
    return this.calibration?.apply(this.samples.data) ?? this.samples.data;
  }

  rename(name: string): this {
    return this.update({ name });
  }
}

export class Log extends Persistable.define("logger.Log", {
  title: property({ default: "" }),
  started: property({ parser: (value: Date | Timestamp) => Timestamp.from(value) }),
  channels: property.dictOf(() => Channel),
  events: property.listOf(() => Event),
  settings: property<{ rate: number; trace: NDArray<"float32"> | null; notes: string[] }>({
    default: () => ({ rate: 1, trace: null, notes: [] }),
  }),
  revision: property({ default: 0, type: "int32", saved: false }),
}) {
  channel(name: string): Channel {
    const channel = this.channels[name];
    if (channel === undefined) throw new RangeError(`no channel ${name}`);
    return channel;
  }

  alarms(): readonly Event[] {
    return this.events.filter((event) => event.isAlarm);
  }
}

export function newLog(title: string, names: readonly string[]): Log {
  const log = new Log({ title, started: new Date() });
  for (const name of names) {
    log.channels[name] = new Channel({ name, unit: "V", samples: [1, 2, 3], flags: Uint8Array.of(0, 0, 1) });
  }
  log.events = [new Event({ when: Timestamp.from("2024-05-17T21:04:00Z"), level: "alarm", text: "too hot" })];
  return log;
}

async function appendTo(channel: Lazy<Channel>, samples: Float64Array, at: readonly Date[]): Promise<void> {
  await channel.samples.append(samples);
  await channel.times.append(DatetimeIndex.from(at, "UTC"));
}

export async function record(path: string, rows: AsyncIterable<ReadonlyMap<string, number>>): Promise<number> {
  let count = 0;
  await using log = await Log.open(path, { mode: "r+" });
  for await (const row of rows) {
    const now = new Date();
    for (const [name, value] of row) {
      const channel = log.channels[name];
      if (channel !== undefined) await appendTo(channel, Float64Array.of(value), [now]);
    }
    count++;
  }
  log.title = `${log.title} (${count})`;
  return count;
}

export async function lastValues(path: string, rows: number): Promise<ReadonlyMap<string, Float64Array>> {
  const result = new Map<string, Float64Array>();
  await using log = await Log.open(path);
  for (const [name, channel] of Object.entries(log.channels)) {
    const { samples } = channel;
    const last = await samples.get([slice(Math.max(0, samples.length - rows), samples.length)]);
    // What is not lazy is there.
    result.set(name, channel.calibration?.coefficients.data.length === 0 ? new Float64Array(0) : last.data);
  }
  const trace = await log.settings.trace?.read();
  const first: Float32Array | undefined = trace?.data;
  if (first !== undefined) result.set("trace", Float64Array.from(first));
  return result;
}

export async function summary(path: string): Promise<readonly string[]> {
  try {
    const log = await Log.load(path, { only: ["title", "channels", "events"] });
    const lines = Object.values(log.channels).map(
      ({ name, unit, range: [low, high], samples }) => `${name} ${low}..${high} ${unit}: ${samples.shape.join("×")}`,
    );
    return [log.title, ...lines, ...log.alarms().map(({ text, when }) => `${when?.toDate().toISOString()} ${text}`)];
  } catch (error) {
    if (error instanceof HDF5Error && error.code === "not-found") return [];
    throw error;
  }
}

export function merged(first: Log, second: Log): Log {
  const both = first.copy();
  both.events = [...first.events, ...second.events];
  both.update({ title: `${first.title} and ${second.title}`, started: first.started ?? new Date() });
  for (const [name, channel] of Object.entries(second.channels)) both.channels[name] ??= channel.copy().rename(name);
  return both.equals(first) ? first : both;
}

export async function calibrate(path: string, name: string, coefficients: readonly number[]): Promise<void> {
  const log = await Log.load(path);
  log.channel(name).calibration = new Calibration({ coefficients, by: "me" });
  await log.save(path);
}
