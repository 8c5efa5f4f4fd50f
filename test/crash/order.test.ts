import { describe, expect, it } from "vitest";
import type { DeviceEvent } from "../support/recording-device.js";
import { RecordingDevice } from "../support/recording-device.js";
import { openImage } from "./files.js";
import { bases, check, record, seeded } from "./images.js";
import type { Scenario } from "./scenarios.js";
import { scenarios } from "./scenarios.js";
import { snapshotOf } from "./snapshot.js";

/**
 * The harness must be able to fail: writes in a wrong order, or without a barrier, must leave images that it finds
 * wrong.
 */
const subsets = 300;

function scenario(name: string): Scenario {
  const found = scenarios.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no scenario "${name}"`);
  return found;
}

function base(name: string): Uint8Array {
  const found = bases.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no base "${name}"`);
  return found.bytes();
}

/** Whether one of the images that a list of events can leave is wrong. */
function isCaught(bytes: Uint8Array, events: readonly DeviceEvent[]): boolean {
  const device = new RecordingDevice(bytes);
  device.events.push(...events);
  const before = snapshotOf(openImage(bytes));
  const after = snapshotOf(openImage(device.prefix(events.length)));
  const images = [device.prefixes(), device.subsets(subsets, seeded(7))];
  return images.some((group) => {
    for (const image of group) if (check(image, before, after) !== null) return true;
    return false;
  });
}

function swapped<Item>(items: readonly Item[], first: number, second: number): Item[] {
  const changed = [...items];
  [changed[first], changed[second]] = [changed[second], changed[first]];
  return changed;
}

/** The events up to each barrier. */
function phasesOf(events: readonly DeviceEvent[]): DeviceEvent[][] {
  const phases: DeviceEvent[][] = [[]];
  for (const event of events) {
    phases[phases.length - 1].push(event);
    if (event.kind === "barrier") phases.push([]);
  }
  return phases.filter((phase) => phase.length > 0);
}

const old = base("our old-format files");

describe("a wrong order of writes is found", () => {
  it("by removing each barrier in turn", () => {
    const { events } = record(old, scenario("hard links among other changes").edit);
    const barriers = events.flatMap(({ kind }, index) => (kind === "barrier" ? [index] : []));
    expect(isCaught(old, events)).toBe(false);
    // New bytes | end of file | link counts | links | (the last barrier ends the commit: nothing follows it here).
    expect(barriers).toHaveLength(4);
    const caught = barriers.map((removed) =>
      isCaught(
        old,
        events.filter((_, index) => index !== removed),
      ),
    );
    expect(caught).toEqual([true, true, true, false]);
  });

  it("by removing each barrier of a change of variable-length elements in place", () => {
    const { events } = record(old, scenario("overwrite strings in chunks").edit);
    const barriers = events.flatMap(({ kind }, index) => (kind === "barrier" ? [index] : []));
    // New bytes | end of file | overwritten elements.
    expect(barriers).toHaveLength(3);
    const caught = barriers.map((removed) =>
      isCaught(
        old,
        events.filter((_, index) => index !== removed),
      ),
    );
    expect(caught).toEqual([true, true, false]);
  });

  it("by swapping each pair of phases", () => {
    const overwriting = phasesOf(record(old, scenario("overwrite strings in chunks").edit).events);
    expect(overwriting).toHaveLength(3);
    expect(isCaught(old, swapped(overwriting, 0, 1).flat())).toBe(true);
    expect(isCaught(old, swapped(overwriting, 1, 2).flat())).toBe(true);
    const appending = phasesOf(record(old, scenario("append strings").edit).events);
    expect(appending).toHaveLength(4);
    expect(isCaught(old, swapped(appending, 0, 1).flat())).toBe(true);
    expect(isCaught(old, swapped(appending, 1, 3).flat())).toBe(true);
    expect(isCaught(old, swapped(appending, 2, 3).flat())).toBe(true);
    // What is overwritten here lies past the old dimensions: before the end of file is published nothing shows it.
    expect(isCaught(old, swapped(appending, 1, 2).flat())).toBe(false);
  });

  it("by making a link before its object counts it", () => {
    const { events } = record(old, scenario("hard link").edit);
    const flips = events.flatMap((event, index) => (event.kind === "write" && event.flip ? [index] : []));
    expect(flips).toHaveLength(2);
    expect(isCaught(old, swapped(events, flips[0], flips[1]))).toBe(true);
  });

  it("while flips of objects that do not depend on each other may come in any order", () => {
    const { events } = record(old, scenario("several objects").edit);
    const flips = events.flatMap((event, index) => (event.kind === "write" && event.flip ? [index] : []));
    expect(flips.length).toBeGreaterThan(4);
    for (let flip = 0; flip + 1 < flips.length; flip++) {
      expect(isCaught(old, swapped(events, flips[flip], flips[flip + 1]))).toBe(false);
    }
  });

  it("by a flip that crosses a sector", () => {
    const device = new RecordingDevice(new Uint8Array(1024));
    expect(() => device.writeSync(510, new Uint8Array(4), true)).toThrow("crosses a sector");
  });
});
