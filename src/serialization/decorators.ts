/** Decorators (TC39) over the machinery of `define`: `@stored(name)` for classes, what `property()` gives for accessors. */

import { classInfoOf } from "./class-info.js";
import { checkValid } from "./class-validation.js";
import { invalidArgument } from "./errors.js";
import { readProperty, stateOf, writeProperty } from "./instance-state.js";
import type { PropertyDefinition } from "./property-definition.js";
import type { AccessorDecorator } from "./property-types.js";
import type { Constructor } from "./registry.js";
import type { Serializable } from "./serializable.js";

/** The definitions that accessors of prototypes were decorated with, by their getters. */
const decorated = new WeakMap<object, PropertyDefinition>();

/** Makes an accessor of a class the property that `definition` declares. The accessor's initial value is its default. */
export function accessorDecorator(definition: PropertyDefinition): AccessorDecorator {
  return <This extends object, Value>(
    _target: ClassAccessorDecoratorTarget<This, Value>,
    context: ClassAccessorDecoratorContext<This, Value>,
  ) => {
    const { kind, name, private: isPrivate, static: isStatic } = describe(context);
    if (kind !== "accessor" || typeof name !== "string" || isPrivate || isStatic) {
      throw invalidArgument(
        'property() decorates public accessors of instances ("@property() accessor name"), as standard decorators do',
      );
    }
    const get = function (this: Serializable): unknown {
      return readProperty(this, name, definition);
    };
    decorated.set(get, definition);
    return {
      get,
      set(this: Serializable, value: unknown) {
        writeProperty(this, name, definition, value);
      },
      init(this: Serializable, value: unknown) {
        initialize(this, name, value);
        // Nothing is kept where the accessor would: instances have the property themselves.
        return undefined;
      },
    } as unknown as ClassAccessorDecoratorResult<This, Value>;
  };
}

/** Decorators of before the standard are called with something else. */
function describe(context: unknown): Partial<ClassAccessorDecoratorContext> {
  return typeof context === "object" && context !== null ? context : {};
}

function initialize(instance: Serializable, name: string, value: unknown): void {
  const info = classInfoOf(instance.constructor);
  if (info?.schema.get(name)?.decorated !== true) {
    throw invalidArgument(
      `${instance.constructor.name}.${name} is decorated, its class is not: add @stored(name) to it`,
    );
  }
  stateOf(instance).defaults.set(name, value);
  if (info.lastDecorated === name) checkValid(instance, info);
}

/** Whether an accessor of a prototype is one that was decorated. */
export function isDecorated({ get }: PropertyDescriptor): boolean {
  return get !== undefined && decorated.has(get);
}

/** The properties that a class's own accessors were decorated as, in the order of their declaration. */
export function decoratedProperties(type: Constructor): ReadonlyMap<string, PropertyDefinition> {
  const definitions = new Map<string, PropertyDefinition>();
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(type.prototype))) {
    const definition = get === undefined ? undefined : decorated.get(get);
    if (definition !== undefined) definitions.set(name, { ...definition, decorated: true });
  }
  return definitions;
}
