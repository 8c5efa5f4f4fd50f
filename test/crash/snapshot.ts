/** What a file holds, object by object, and whether an image that a crash left is one that may be left. */
import type { Dataset } from "../../src/format/dataset.js";
import type { HDF5File } from "../../src/format/file.js";
import type { Group } from "../../src/format/group.js";

/** One object: what changes at once, and the elements, which overwriting changes one by one. */
export interface ObjectSnapshot {
  readonly meta: string;
  readonly elements: readonly string[];
}

export type Snapshot = ReadonlyMap<string, ObjectSnapshot>;

/** More links lead to an object than it counts: deleting one of them would free it. */
export class Undercount extends Error {}

/** A value as text that tells it from others. */
export function plain(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    return ArrayBuffer.isView(part) ? Array.from(part as unknown as Iterable<unknown>, String) : part;
  });
}

function attributes(object: Group | Dataset): string[] {
  return object.attrs.keysSync().map((name) => `${name}=${plain(object.attrs.getSync(name))}`);
}

function elementsOf(dataset: Dataset): string[] {
  const value = dataset.readSync() as { readonly data?: Iterable<unknown> };
  if (value?.data === undefined) return [plain(value)];
  return Array.from(value.data, (item) => (typeof item === "object" ? plain(item) : String(item)));
}

/** Everything in a file; requires that every object counts at least the hard links that lead to it. */
export function snapshotOf(file: HDF5File): Snapshot {
  const found = new Map<string, ObjectSnapshot>();
  const links = new Map<number, number>();
  const counts = new Map<number, number>();
  const visit = (group: Group, path: string): void => {
    const names: string[] = [];
    for (const link of group.linksSync()) {
      names.push(`${link.kind} ${link.name}`);
      if (link.kind !== "hard") continue;
      const at = `${path}/${link.name}`;
      const object = group.getSync(link.name);
      const seen = links.get(link.address) ?? 0;
      links.set(link.address, seen + 1);
      counts.set(link.address, object.state.referenceCount);
      if (object.kind === "dataset") {
        const meta = plain([object.shape, object.maxShape, object.filters, attributes(object)]);
        found.set(at, { meta, elements: elementsOf(object) });
      } else if (object.kind === "group" && seen === 0) {
        visit(object, at);
      }
    }
    found.set(path, { meta: plain([names, attributes(group)]), elements: [] });
  };
  visit(file, "");
  for (const [address, count] of links) {
    const stored = counts.get(address) ?? 0;
    if (stored < count) throw new Undercount(`the object at ${address} counts ${stored} links, ${count} lead to it`);
  }
  return found;
}

function isBetween(now: readonly string[], before: readonly string[], after: readonly string[]): boolean {
  return now.length === before.length && now.every((value, index) => value === before[index] || value === after[index]);
}

/** What is wrong with an image of which `now` was read: its objects must each be as before or as after the commit. */
export function problemIn(now: Snapshot, before: Snapshot, after: Snapshot): string | null {
  for (const [path, object] of now) {
    const old = before.get(path);
    const changed = after.get(path);
    const isNew = object.meta === changed?.meta;
    if (isNew && isBetween(object.elements, changed.elements, changed.elements)) continue;
    if (old !== undefined && object.meta === old.meta) {
      if (isBetween(object.elements, old.elements, changed?.meta === undefined ? old.elements : changed.elements))
        continue;
    }
    return `${path} is neither as before nor as after: ${object.meta.slice(0, 200)} ${object.elements.join(" ").slice(0, 300)}`;
  }
  if (!now.has("")) return "there is no root group";
  return null;
}
