/** Observers of classes and instances, besides those that properties are declared with. */

import { describeValue } from "../arguments/describe-value.js";
import type { ClassInfo } from "./class-info.js";
import { invalidArgument } from "./errors.js";

/** Told of each change to a property of an instance; `oldValue` is `null` at first. */
export type InstanceObserver<Instance, Name extends keyof Instance> = {
  bivariant(instance: Instance, oldValue: Instance[Name] | null, newValue: Instance[Name]): void;
}["bivariant"];

/** An observer of any property. */
export type AnyObserver = { bivariant(instance: object, oldValue: unknown, newValue: unknown): void }["bivariant"];

type Observers = WeakMap<object, Map<PropertyKey, Set<AnyObserver>>>;

/** Observers of the instances of each class. */
export const classObservers: Observers = new WeakMap();
/** Observers of single instances. */
export const instanceObservers: Observers = new WeakMap();

/** Whether there ever was one: setting a property looks for none otherwise. */
let any = false;

/** Adds an observer of a property. */
export function addObserver(
  observers: Observers,
  owner: object,
  info: ClassInfo,
  name: PropertyKey,
  observer: unknown,
): void {
  if (typeof name !== "string" || !info.schema.has(name)) {
    throw invalidArgument(`${info.name} has no property ${describeValue(name)}`);
  }
  if (typeof observer !== "function") throw invalidArgument("an observer is a function");
  any = true;
  const byName = observers.get(owner) ?? new Map<PropertyKey, Set<AnyObserver>>();
  observers.set(owner, byName.set(name, (byName.get(name) ?? new Set()).add(observer as AnyObserver)));
}

/** Removes an observer; says whether it was there. */
export function removeObserver(observers: Observers, owner: object, name: PropertyKey, observer: unknown): boolean {
  return (
    observers
      .get(owner)
      ?.get(name)
      ?.delete(observer as AnyObserver) ?? false
  );
}

/** The observers of a property of an instance: of its classes, base first, and of itself. */
export function observersOf(instance: object, name: string): readonly AnyObserver[] {
  if (!any) return [];
  const found: AnyObserver[] = [...(instanceObservers.get(instance)?.get(name) ?? [])];
  for (let type: unknown = instance.constructor; typeof type === "function"; type = Object.getPrototypeOf(type)) {
    found.unshift(...(classObservers.get(type)?.get(name) ?? []));
  }
  return found;
}
