import type { NDArray } from "../../format/index.js";
import { serializedAsIs } from "../deep.js";
import type { AttributeValues } from "../registry.js";

/** A dataset whose type is not registered: what the file holds of it, which saving writes again. */
export class UnregisteredDataset {
  /** @internal */
  readonly [serializedAsIs] = true;
  /** The stored `__dataset_type__`. */
  readonly typeName: string;
  readonly array: NDArray;
  readonly attributes: AttributeValues;

  constructor(typeName: string, array: NDArray, attributes: AttributeValues) {
    this.typeName = typeName;
    this.array = array;
    this.attributes = attributes;
  }
}
