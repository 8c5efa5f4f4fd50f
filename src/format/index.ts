/**
 * HDF5 files: reading, writing and editing in place.
 *
 * @module
 */
export type { AttributeInfo, AttributeOptions } from "./attributes.js";
export { convertNumbers } from "./convert-array.js";
export type { CreateOptions } from "./create.js";
export { create, createSync } from "./create.js";
export type {
  AttachedAxis,
  Block,
  ConvertedValue,
  DatasetBlockOptions,
  Dimension,
  HasRange,
  SelectedNumbers,
  SelectedValue,
} from "./dataset.js";
export type { ConversionRules, ConvertedDType } from "./datatypes/convert-numbers.js";
export type {
  ArrayDType,
  BitfieldDType,
  ComplexDType,
  CompoundDType,
  CompoundDTypeMember,
  DType,
  EnumDType,
  EnumDTypeMember,
  FloatDType,
  IntegerDType,
  NamedDType,
  NumberDType,
  OpaqueDType,
  StringDType,
  TimeDType,
  VariableLengthDType,
} from "./datatypes/dtype.js";
export type { HeapCollection, HeapObjects } from "./datatypes/heap-objects.js";
export type { DTypeOfArray, NestedNumbers } from "./datatypes/infer-value.js";
export { ndarray } from "./datatypes/infer-value.js";
export type { StringForm } from "./datatypes/strings.js";
export type { StringValue } from "./datatypes/undecodable-string.js";
export type {
  Complex,
  CompoundArrayMember,
  CompoundRow,
  ElementData,
  ElementValue,
  NamedData,
  NDArray,
  Reference,
  TypedArray,
  TypedArrayFor,
} from "./datatypes/values.js";
export type { HDF5ErrorCode, HDF5ErrorDetails } from "./errors.js";
export type { Filter, FilteredDataset, FilterOptions } from "./filters/filter.js";
export type { HDF5Object, NewDatasetOptions as DatasetOptions } from "./group.js";
export type { Limits } from "./limits.js";
export type { CallOptions } from "./objects/call-options.js";
export type { GroupOptions } from "./objects/create-object.js";
export type { DatasetOptionAliases } from "./objects/dataset-options.js";
export type { DatasetDescription } from "./objects/dataset-state.js";
export { directoryResolver } from "./objects/directory-resolver.js";
export type { AppendOptions } from "./objects/edit-dataset.js";
export type { ReadOptions } from "./objects/element-values.js";
export type { LibraryVersion } from "./objects/file-state.js";
export type { FilterOption } from "./objects/filter-options.js";
export type { RawElements } from "./objects/raw-elements.js";
export type { ArrayInto, DatasetReadOptions, ElementReadOptions, RawReadOptions } from "./objects/read-values.js";
export type { Resolver, ResolverRequest } from "./objects/resolver.js";
export type { StorageInfo, StoredChunk, StoredFile, StoredMapping, StoredSelection } from "./objects/storage-info.js";
export type { ExternalFile } from "./objects/stored-elsewhere.js";
export type { OpenOptions } from "./open-file.js";
export { openSync } from "./open-sync.js";
export * from "./read.js";
export type { Reviver } from "./revive.js";
export type { AxisIndices, AxisSelection, ElementSelection, MaskSelection } from "./selection/element-selection.js";
export type {
  AllSelection,
  BlocksSelection,
  EncodedSelection,
  HyperslabSelection,
  NoneSelection,
  PointsSelection,
} from "./selection/encoded-selection.js";
export type { Selection, Slice } from "./selection/selection.js";
export type { VirtualMapping } from "./selection/virtual-mapping.js";
export type { CustomSource } from "./storage/custom-device.js";
export type { Locking } from "./storage/file-lock.js";
export type { FetchFunction, HeadersSource } from "./storage/http-options.js";
export type { RetryOptions } from "./storage/http-retry.js";
export type { Source } from "./storage/sources.js";
export type { SyncAccessHandle } from "./storage/sync-access-handle-device.js";
export type { Durability } from "./storage/transaction.js";
export type { AddressParts } from "./structures/byte-reader.js";
export type {
  ChunkedLayout,
  ChunkIndexing,
  CompactLayout,
  ContiguousLayout,
  DataLayout,
  VirtualLayout,
} from "./structures/messages/data-layout.js";
export type { Dataspace } from "./structures/messages/dataspace.js";
export type {
  ArrayDatatype,
  BitfieldDatatype,
  BitPlacement,
  ByteOrder,
  CharacterSet,
  ComplexDatatype,
  CompoundDatatype,
  CompoundMember,
  Datatype,
  EnumDatatype,
  EnumMember,
  FloatDatatype,
  IntegerDatatype,
  OpaqueDatatype,
  ReferenceDatatype,
  StringDatatype,
  StringPadding,
  TimeDatatype,
  VariableLengthDatatype,
} from "./structures/messages/datatype.js";
export type { ExternalDataFiles, ExternalDataSlot } from "./structures/messages/external-data-files.js";
export type { AllocationTime, FillTime, FillValue } from "./structures/messages/fill-value.js";
export type { FilterDescription, FilterPipeline } from "./structures/messages/filter-pipeline.js";
export type { ExternalLink, HardLink, Link, SoftLink, UserDefinedLink } from "./structures/messages/link.js";
export type { Superblock } from "./structures/superblock.js";
export type { SymbolCache, SymbolTableEntry } from "./structures/symbol-table-entry.js";
export type { Visit, VisitOptions } from "./walk.js";
