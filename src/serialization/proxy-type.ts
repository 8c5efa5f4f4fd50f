/** What the elements of an array in a file mean: the dataset type of a proxy, with the attributes that belong to it. */

import type { Dataset, ElementSelection, NDArray } from "../format/index.js";
import { HDF5Error } from "../format/index.js";
import { isArrayInput, toNDArray } from "./array-input.js";
import type { ArrayPropertyType } from "./array-property.js";
import { arrayConverter } from "./array-property.js";
import { deepEquals } from "./deep.js";
import { messageOf } from "./errors.js";
import type { AttributeValues, DatasetType } from "./registry.js";
import { arrayTypeName, datasetTypeNamed, datasetTypeOf } from "./registry.js";
import type { WrittenRows } from "./row-attributes.js";
import { attributesAfter, commonAttributes, rowAttributeNames, selectedAttributes } from "./row-attributes.js";
import { scalarArray, scalarOf } from "./scalar-array.js";
import { errorAt } from "./serialize.js";
import { rememberStoredType } from "./stored-types.js";
import type { Task } from "./task.js";
import { step } from "./task.js";

/** Elements to be written, and the attributes of their rows. */
export interface GivenElements {
  readonly elements: unknown;
  readonly attributes: AttributeValues;
}

const noAttributes: AttributeValues = {};

/** What a proxy stands for. */
export interface ProxyTarget {
  readonly dataset: Dataset;
  /** The stored `__dataset_type__`. */
  readonly typeName: string;
  /** The attributes that belong to the type. */
  readonly typeAttributes: AttributeValues;
  /** The type that the elements are declared to have, `null` for that of the file. */
  readonly elements: ArrayPropertyType | null;
}

/** The dataset type of one dataset. */
export class ProxyType {
  /** The stored `__dataset_type__`. */
  readonly name: string;
  readonly #dataset: Dataset;
  readonly #elements: ArrayPropertyType | null;
  #attributes: AttributeValues;

  constructor({ dataset, typeName, typeAttributes, elements }: ProxyTarget) {
    this.#dataset = dataset;
    this.name = typeName;
    this.#attributes = typeAttributes;
    this.#elements = elements;
  }

  /** The attributes that belong to the type, such as `timezone`. */
  get attributes(): AttributeValues {
    return this.#attributes;
  }

  get #type(): DatasetType | undefined {
    return this.name === arrayTypeName ? undefined : datasetTypeNamed(this.name);
  }

  /** Whether rows may have attributes of their own. */
  get hasRowAttributes(): boolean {
    return rowAttributeNames(this.#type).length > 0;
  }

  /** What was read at a selection, as the type's instances: its own, or what it says one row is. */
  meaning(raw: unknown, selection: ElementSelection): unknown {
    const type = this.#type;
    if (type === undefined) return isArrayInput(raw) ? this.declared(this.arrayOf(raw)) : this.#declaredElement(raw);
    const attributes = selectedAttributes(type, this.#attributes, selection);
    if (isArrayInput(raw)) return type.assemble(this.arrayOf(raw), attributes);
    return type.element === undefined ? raw : type.element(raw, attributes);
  }

  /**
   * An instance made of an array that was read at a selection.
   *
   * @throws HDF5Error `unsupported` for a type that is not registered
   */
  assemble(array: NDArray, selection: ElementSelection): unknown {
    if (this.name === arrayTypeName) return this.declared(array);
    const type = this.#type;
    if (type !== undefined) return type.assemble(array, selectedAttributes(type, this.#attributes, selection));
    const advice = "readRaw() reads the plain array";
    throw new HDF5Error("unsupported", `the dataset type ${this.name} is not registered; ${advice}`);
  }

  /**
   * The elements of what the caller gave.
   *
   * @throws HDF5Error `invalid-argument` where it belongs to a type with other attributes, such as another time zone
   */
  elements(value: unknown): GivenElements {
    const type = typeof value === "object" && value !== null ? datasetTypeOf(value) : undefined;
    if (type === undefined) return { elements: value, attributes: noAttributes };
    const [array, attributes] = type.disassemble(value as object);
    const own = this.#type ?? type;
    const [given, wanted] = [attributes, this.#attributes].map((each) => commonAttributes(own, each));
    if (!deepEquals(given, wanted)) {
      const path = this.#dataset.path ?? "";
      const message = `the value's attributes ${JSON.stringify(given)} differ from the dataset's ${JSON.stringify(wanted)}`;
      throw errorAt("invalid-argument", path, message);
    }
    return { elements: toNDArray(array), attributes };
  }

  /** Changes rows and their attributes together: when the change of the rows fails, the attributes are as before. */
  *change(written: WrittenRows, changeRows: () => Task<void>): Task<void> {
    const before = this.#attributes;
    const after = attributesAfter(this.#type, before, written);
    yield* this.#store(after, "unless-aborted");
    try {
      yield* changeRows();
    } catch (error) {
      this.#attributes = before;
      const restored = Array.from(after.keys(), (name) => {
        const value = before[name];
        return [name, isArrayInput(value) ? toNDArray(value) : null] as const;
      });
      yield* this.#store(new Map(restored), "always");
      throw error;
    }
  }

  *#store(changes: ReadonlyMap<string, NDArray | null>, when: "unless-aborted" | "always"): Task<void> {
    const { attrs } = this.#dataset;
    for (const [name, value] of changes) {
      const isThere = Object.hasOwn(this.#attributes, name);
      if (value !== null) {
        yield* step(
          () => attrs.setSync(name, value),
          () => attrs.set(name, value),
          when,
        );
      } else if (isThere) {
        yield* step(
          () => attrs.deleteSync(name),
          () => attrs.delete(name),
          when,
        );
      }
      const { [name]: _, ...others } = this.#attributes;
      this.#attributes = value === null ? others : { ...others, [name]: value };
    }
  }

  /**
   * An array with elements of the declared type.
   *
   * @throws HDF5Error `invalid-argument` for values that the type does not have
   */
  declared(array: NDArray): NDArray {
    if (this.#elements === null || this.name !== arrayTypeName) return array;
    try {
      return arrayConverter(this.#elements)(array);
    } catch (error) {
      throw errorAt("invalid-argument", this.#dataset.path ?? "", messageOf(error));
    }
  }

  #declaredElement(raw: unknown): unknown {
    return this.#elements === null ? raw : scalarOf(this.declared(this.arrayOf(raw)));
  }

  /** A value as an array: what was read of a dataset without axes, too. */
  arrayOf(raw: unknown): NDArray {
    const array = isArrayInput(raw) ? toNDArray(raw) : scalarArray(raw, this.#dataset.dtype);
    return rememberStoredType(array, this.#dataset.datatype);
  }
}
