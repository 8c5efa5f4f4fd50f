/** Objects saved as HDF5 and read back, whole or lazily. */

export type { ArrayInput } from "./array-input.js";
export type { ArrayItem, ArrayMaker, ArrayPropertyType, ArrayValue, NestedItems } from "./array-property.js";
export type { DefinedClass, DefinedInstance, InitOf, LazyNames, PropertyNames, Updates } from "./class-types.js";
export { Complex } from "./complex.js";
export type { ConstructorOptions, ConstructorSource } from "./construct-from.js";
export { DatetimeIndex } from "./dataset-types/datetime-index.js";
export type {
  InstantLike,
  PlainDateTimeLike,
  TemporalNamespace,
  ZonedDateTimeLike,
} from "./dataset-types/temporal.js";
export type { TimestampInput } from "./dataset-types/timestamp.js";
export { Timestamp } from "./dataset-types/timestamp.js";
export { UnregisteredDataset } from "./dataset-types/unregistered.js";
export { FilePath } from "./file-path.js";
export type { ByteStream, LoadOptions, ObjectOptions, SaveOptions, SaveTarget } from "./file-tasks.js";
export type { HolderMakers } from "./held-objects.js";
export type { ObjectInfo, ValueInfo } from "./info.js";
export { info, infoSync } from "./info.js";
export type { DatasetTypes, Lazy, LazyValue } from "./lazy-types.js";
export type { DefineOptions } from "./make-class.js";
export type { Metadata } from "./metadata.js";
export type { MigrateOptions } from "./migrate.js";
export { migrate, migrateSync } from "./migrate.js";
export type { OpenMode, OpenOptions as OpenObjectOptions } from "./object-files.js";
export type { InstanceObserver } from "./observers.js";
export type { PersistableClass } from "./persistable.js";
export { load, loadSync, Persistable } from "./persistable.js";
export type { Progress, ProgressCallback } from "./progress.js";
export type { Default, Observer, Parser, PropertyMaker, PropertyOptions } from "./property.js";
export { property } from "./property.js";
export type { ArrayStorage, PropertyDefinition, PropertySettings, StorageOptions } from "./property-definition.js";
export type {
  AccessorDecorator,
  AnyProperty,
  ArrayGiven,
  Given,
  HasSchema,
  Init,
  Property,
  Schema,
  SchemaOf,
  Values,
} from "./property-types.js";
export type { BlockOptions, ElementsInput } from "./proxy-dataset.js";
export { ProxyDataset } from "./proxy-dataset.js";
export type { ProxyEntry, ProxySelection } from "./proxy-selection.js";
export { ellipsis } from "./proxy-selection.js";
export type { Assembled, BlockArray, ProxyBlock, ProxyRow, ProxyValue, ReadResult } from "./proxy-values.js";
export type {
  AttributeValue,
  AttributeValues,
  Constructor,
  DatasetType,
  PrimitiveEncoder,
  Registered,
} from "./registry.js";
export {
  registerDatasetType,
  registerPrimitiveType,
  unregisterDatasetType,
  unregisterPrimitiveType,
} from "./registry.js";
export { revive } from "./revive.js";
export type { ScalarType } from "./scalar.js";
export { scalar, TypedScalar } from "./scalar.js";
export type { SerializeOptions } from "./serializable.js";
export { Serializable, stored } from "./serializable.js";
export type { Dict } from "./serialize.js";
export type { StandardIssue, StandardResult, StandardSchema } from "./standard-schema.js";
export type { StoredNames } from "./stored-names.js";
export type { ExtensionRule } from "./suffix.js";
export type {
  ClassVersions,
  Migration,
  ObjectChange,
  UnknownNames,
  VersionOptions,
} from "./versions.js";
export { classVersions } from "./versions.js";
export type { Warning, WarningCallback } from "./warnings.js";
