import type { Known } from "../../arguments/known-options.js";
import { datatypeOf } from "../datatypes/datatype-of.js";
import type { DType } from "../datatypes/dtype.js";
import { HDF5Error, invalidArgument } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import type { AttributeMessage } from "../structures/messages/attribute.js";
import { encodeAttribute } from "../structures/messages/attribute.js";
import type { Dataspace } from "../structures/messages/dataspace.js";
import { elementCount } from "../structures/messages/dataspace.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { hasManyUnusedBits } from "../structures/messages/datatype.js";
import { encodeText, mayBeEscaped } from "../structures/text.js";
import { attributeOf, deleteAttribute, loadAttributes, setAttribute } from "./attribute-table.js";
import type { CallOptions } from "./call-options.js";
import { callNames } from "./call-options.js";
import { requireChangeable } from "./change-object.js";
import { largestMessage } from "./commit-attributes.js";
import { placeEmptyHeader } from "./commit-header.js";
import { checkShape, elementShape, inferMissing, storedForm } from "./create-dataset.js";
import { newCommittedDatatype } from "./create-object.js";
import type { FileState } from "./file-state.js";
import type { ObjectState } from "./object-state.js";
import { requireOptions } from "./required-options.js";
import { bytesOfValue } from "./value-bytes.js";

/** What may be said of a new attribute. */
export interface NewAttributeOptions {
  /** Element type; default that of the value. */
  readonly dtype?: DType | Datatype;
  /** Dimensions; default those of the value. */
  readonly shape?: readonly number[];
  /**
   * Keeps datatype and dimensions of the attribute that there is exactly as they are stored, as is right for a value
   * that was read from it: padding and byte order, a committed datatype. Default false: they are replaced.
   */
  readonly keepType?: boolean;
}

const attributeNames: Known<NewAttributeOptions & CallOptions> = {
  ...callNames,
  dtype: true,
  shape: "array",
  keepType: "boolean",
};

/** Sets an attribute, or replaces it with its datatype. */
export function* setAttributeValue(
  object: ObjectState,
  name: string,
  value: unknown,
  options: NewAttributeOptions,
): Operation<void> {
  requireChangeable(object);
  requireOptions("set", options, attributeNames);
  const table = yield* loadAttributes(object);
  const entry = table.entries.get(name);
  // A name that stands for bytes which are not UTF-8 keeps them.
  const isReplaced = entry !== undefined && (options.keepType === true || mayBeEscaped(name));
  const before = isReplaced ? attributeOf(object, entry) : null;
  const attribute =
    options.keepType === true
      ? changedAttribute(object.file, before, name, value, options)
      : newAttribute(object, before ?? newName(object.file, name), value, options);
  const { nameBytes } = attribute;
  setAttribute(object, table, { name, nameBytes }, (writer) => encodeAttribute(writer, attribute));
}

/** An attribute with another value. */
function changedAttribute(
  file: FileState,
  before: AttributeMessage | null,
  name: string,
  value: unknown,
  options: NewAttributeOptions,
): AttributeMessage {
  if (before === null) throw new HDF5Error("not-found", `there is no attribute "${name}" whose type could be kept`);
  if (options.dtype !== undefined || options.shape !== undefined) {
    throw invalidArgument("keepType goes without dtype and shape: it keeps those that are stored");
  }
  const { datatype, dataspace } = before;
  if ((dataspace.kind === "null") !== (value === null)) {
    throw invalidArgument(`the attribute "${name}" ${value === null ? "has a value" : "has a null dataspace"}`);
  }
  if (value === null) return before;
  return { ...before, data: bytesOfValue(file, datatype, value, dataspace.dimensions) };
}

/** Deletes an attribute; answers whether there was one. */
export function* removeAttribute(object: ObjectState, name: string): Operation<boolean> {
  requireChangeable(object);
  return deleteAttribute(object, yield* loadAttributes(object), name);
}

/** Names remembered: those of attributes recur from object to object. */
const rememberedNames = 256;

/** What an attribute is called, and the version of its message that this takes. */
type AttributeName = Pick<AttributeMessage, "name" | "nameBytes" | "characterSet" | "version">;

function newName(file: FileState, name: string): AttributeName {
  if (typeof name !== "string" || name === "" || name.includes("\0")) {
    throw invalidArgument("the name of an attribute is a string that is not empty and has no NUL");
  }
  let nameBytes = file.attributeNames.get(name);
  if (nameBytes === undefined) {
    nameBytes = encodeText(name);
    if (file.attributeNames.size < rememberedNames) file.attributeNames.set(name, nameBytes);
  }
  const isAscii = nameBytes.length === name.length;
  return { name, nameBytes, characterSet: isAscii ? "ascii" : "utf-8", version: isAscii ? 1 : 3 };
}

function newAttribute(
  object: ObjectState,
  { name, nameBytes, characterSet, version }: AttributeName,
  value: unknown,
  options: NewAttributeOptions,
): AttributeMessage {
  const { file } = object;
  const given = options.dtype === undefined ? undefined : datatypeOf(options.dtype, file.context);
  const inferred = inferMissing(value, given, options.shape);
  const datatype = storedForm(datatypeOf(given ?? inferred?.dtype ?? "float64", file.context));
  const isOld = object.headerVersion === 1;
  const dataspace = dataspaceOf(value, options, elementShape(inferred?.shape, datatype), isOld ? 1 : 2);
  const size = elementCount(dataspace) * datatype.size;
  // Only dense storage, which old headers do not have, takes more than one message can hold.
  if (isOld && size + nameBytes.length + 1024 > largestMessage) {
    throw invalidArgument(
      `the attribute "${name}" has ${size} bytes; this object takes at most 64 KiB (store a dataset instead)`,
    );
  }
  const data =
    dataspace.kind === "null" ? new Uint8Array(0) : bytesOfValue(file, datatype, value, dataspace.dimensions);
  const needsType = isOld && hasManyUnusedBits(datatype);
  return {
    version: isOld && version < 3 && !needsType ? version : 3,
    name,
    nameBytes,
    characterSet,
    datatype,
    dataspace,
    data,
    committedAddress: needsType ? privateDatatype(file, datatype) : null,
  };
}

/**
 * Stores a datatype of an attribute alone, in a header of its own that has a checksum; answers its address.
 */
function privateDatatype(file: FileState, datatype: Datatype): number {
  const type = newCommittedDatatype(file, datatype);
  type.referenceCount++;
  return placeEmptyHeader(type);
}

const oldScalar: Dataspace = { version: 1, kind: "scalar", dimensions: [], maxDimensions: [] };
const newScalar: Dataspace = { ...oldScalar, version: 2 };

function dataspaceOf(
  value: unknown,
  options: NewAttributeOptions,
  inferred: readonly number[] | undefined,
  version: number,
): Dataspace {
  if (value === null && options.shape === undefined) {
    return { version: 2, kind: "null", dimensions: [], maxDimensions: [] };
  }
  const shape = options.shape ?? inferred ?? [];
  checkShape(shape);
  if (shape.length === 0) return version === 1 ? oldScalar : newScalar;
  return { version, kind: "simple", dimensions: shape, maxDimensions: shape };
}
