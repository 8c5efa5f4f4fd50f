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

function swapped(events: readonly DeviceEvent[], first: number, second: number): DeviceEvent[] {
  const changed = [...events];
  [changed[first], changed[second]] = [changed[second], changed[first]];
  return changed;
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
    const { events } = record(old, scenario("append strings").edit);
    const barriers = events.flatMap(({ kind }, index) => (kind === "barrier" ? [index] : []));
    // New bytes | end of file | overwritten elements | flips.
    expect(barriers).toHaveLength(4);
    const caught = barriers.map((removed) =>
      isCaught(
        old,
        events.filter((_, index) => index !== removed),
      ),
    );
    expect(caught).toEqual([true, true, true, false]);
  });

  it("by swapping each pair of phases", () => {
    const { events } = record(old, scenario("append strings").edit);
    const phases: DeviceEvent[][] = [[]];
    for (const event of events) {
      phases[phases.length - 1].push(event);
      if (event.kind === "barrier") phases.push([]);
    }
    for (let phase = 0; phase + 2 < phases.length; phase++) {
      const changed = [...phases];
      [changed[phase], changed[phase + 1]] = [changed[phase + 1], changed[phase]];
      expect([phase, isCaught(old, changed.flat())]).toEqual([phase, true]);
    }
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
