/** The own accessors through which instances show their properties. */

import type { ClassInfo } from "./class-info.js";
import { isDecorated } from "./decorators.js";
import { invalidArgument } from "./errors.js";
import { readProperty, touch, writeProperty } from "./instance-state.js";
import type { PropertyDefinition } from "./property-definition.js";
import type { Constructor } from "./registry.js";
import type { Serializable } from "./serializable.js";

/**
 * Own properties are what consoles, comparisons, spread and `structuredClone` see. They cannot be configured, so that
 * a class field of the same name fails instead of hiding the property.
 */
export function accessorsOf(schema: ReadonlyMap<string, PropertyDefinition>): PropertyDescriptorMap {
  const accessors: PropertyDescriptorMap = Object.create(null);
  for (const [name, definition] of schema) {
    accessors[name] = {
      get(this: Serializable): unknown {
        touch(this, name);
        return readProperty(this, name, definition);
      },
      set(this: Serializable, value: unknown) {
        writeProperty(this, name, definition, value);
      },
      enumerable: true,
      configurable: false,
    };
  }
  return accessors;
}

const checked = new WeakSet<Constructor>();

/** Refuses methods and accessors of a class that the own accessors of its instances would hide. */
export function checkMembers(type: Constructor, { accessors }: ClassInfo): void {
  if (checked.has(type)) return;
  for (let prototype: object | null = type.prototype; prototype !== null; ) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (Object.hasOwn(accessors, name) && !isDecorated(descriptor)) {
        throw invalidArgument(
          `${type.name} has a method or accessor of the name of the property ${JSON.stringify(name)}`,
        );
      }
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  checked.add(type);
}
