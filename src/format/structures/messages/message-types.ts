/**
 * Numbers of the header messages (specification IV.A.2, "Disk Format: Level 2A2 - Data Object Header Messages").
 */
export const MessageType = {
  Nil: 0x00,
  Dataspace: 0x01,
  LinkInfo: 0x02,
  Datatype: 0x03,
  OldFillValue: 0x04,
  FillValue: 0x05,
  Link: 0x06,
  ExternalDataFiles: 0x07,
  DataLayout: 0x08,
  Bogus: 0x09,
  GroupInfo: 0x0a,
  FilterPipeline: 0x0b,
  Attribute: 0x0c,
  ObjectComment: 0x0d,
  OldObjectModificationTime: 0x0e,
  SharedMessageTable: 0x0f,
  ObjectHeaderContinuation: 0x10,
  SymbolTable: 0x11,
  ObjectModificationTime: 0x12,
  BTreeKValues: 0x13,
  DriverInfo: 0x14,
  AttributeInfo: 0x15,
  ObjectReferenceCount: 0x16,
  FileSpaceInfo: 0x17,
  /** Written by HDF5 1.10 and later; not in version 3.0 of the specification. */
  MetadataCacheImage: 0x18,
} as const;

/** One of the numbers in {@link MessageType}. */
export type MessageType = (typeof MessageType)[keyof typeof MessageType];
