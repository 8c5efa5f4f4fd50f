/** What a property is, apart from its types. */

import type { DatasetOptions } from "../format/index.js";
import type { ArrayPropertyType } from "./array-property.js";
import type { Constructor } from "./registry.js";
import type { ScalarType } from "./scalar.js";
import type { Serializable } from "./serializable.js";

/** How the arrays of a property or class are stored. */
export interface StorageOptions {
  /** Chunk shape, of the arrays' rank. By default 16 KiB or more, less where an object has very many short arrays. */
  readonly chunks?: readonly number[] | undefined;
  /** Filters, in the order in which they are applied. */
  readonly filters?: DatasetOptions["filters"] | undefined;
}

/** How the arrays of a property are stored. */
export interface ArrayStorage extends StorageOptions {
  /**
   * How far each axis can grow, `null` for an axis without a limit, of the arrays' rank. By default the first axis grows
   * without a limit and the others do not.
   */
  readonly maxShape?: readonly (number | null)[] | undefined;
}

/** Settings of a property that do not depend on its type. */
export interface PropertySettings extends ArrayStorage {
  /** Whether the property can be set only once; reading it before fixes it to its default. */
  readonly writeonce?: boolean | undefined;
  /** Whether `copy` takes the property along and `equals` compares it. Default true. */
  readonly copiable?: boolean | undefined;
  /** Whether files hold the property. Default true. */
  readonly saved?: boolean | undefined;
  /** The name under which files hold the property, where that is not its own. */
  readonly storedAs?: string | undefined;
  /** Other names under which older files hold the property. They are saved under the present one. */
  readonly aliases?: readonly string[] | undefined;
  /** What the property is. */
  readonly doc?: string | undefined;
  /** The type its scalar is stored with. */
  readonly type?: ScalarType | undefined;
  /** Whether `open` leaves the property's arrays in the file. Default true. */
  readonly lazy?: boolean | undefined;
}

/** What a property is, without its types. */
export interface PropertyDefinition extends PropertySettings {
  readonly default: unknown;
  readonly parser: ((value: unknown, instance: Serializable) => unknown) | undefined;
  readonly observers: readonly ((instance: Serializable, oldValue: unknown, newValue: unknown) => void)[];
  readonly postInit: ((instance: Serializable) => void) | undefined;
  readonly writeonce: boolean;
  readonly copiable: boolean;
  readonly saved: boolean;
  readonly lazy: boolean;
  /** Whether the property is a decorated accessor: its default comes with each instance. */
  readonly decorated?: boolean | undefined;
  /** The class of the objects that the property holds, where it is declared. */
  readonly holds?: (() => Constructor<unknown>) | undefined;
  /** The type of the elements of the arrays that the property holds, where it is declared. */
  readonly elements?: ArrayPropertyType | undefined;
  /** Brings what was given, or came from a file, into the declared form; throws where that cannot be. */
  readonly convert?: ((value: unknown) => unknown) | undefined;
}
