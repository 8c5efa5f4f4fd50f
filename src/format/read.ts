/**
 * What programs that read need, and no more: bundlers that keep whatever an index imports, such as esbuild, leave the
 * writing half of the library to be loaded on demand when this is imported instead of `jangada/format`. What is
 * exported is the same; the types are found there, and what writes.
 *
 * @module
 */
export { Attributes } from "./attributes.js";
export { CommittedDatatype } from "./committed-datatype.js";
export { Dataset } from "./dataset.js";
export { formatDType } from "./datatypes/dtype-of.js";
export { enumNames } from "./datatypes/enum-names.js";
export { isNDArray } from "./datatypes/nested-values.js";
export { UndecodableString } from "./datatypes/undecodable-string.js";
export { UnreadableReference } from "./datatypes/unreadable-reference.js";
export {
  AttributeReference,
  ComplexArray,
  CompoundArray,
  ObjectReference,
  RegionReference,
} from "./datatypes/values.js";
export { HDF5Error, UnsupportedFeatureError } from "./errors.js";
export { HDF5File } from "./file.js";
export { registerFilter } from "./filters/registry.js";
export { Group } from "./group.js";
export { open } from "./open.js";
export { revive } from "./revive.js";
export { coordinates, mask, points } from "./selection/element-selection.js";
export { slice } from "./selection/selection.js";
