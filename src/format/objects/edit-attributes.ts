import type { Known } from "../../arguments/known-options.js";
import { datatypeOf } from "../datatypes/datatype-of.js";
import type { DType } from "../datatypes/dtype.js";
import { invalidArgument } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import type { AttributeMessage } from "../structures/messages/attribute.js";
import { encodeAttribute } from "../structures/messages/attribute.js";
import type { Dataspace } from "../structures/messages/dataspace.js";
import { elementCount } from "../structures/messages/dataspace.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { hasManyUnusedBits } from "../structures/messages/datatype.js";
import { encodeText } from "../structures/text.js";
import { deleteAttribute, loadAttributes, setAttribute } from "./attribute-table.js";
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
}

const attributeNames: Known<NewAttributeOptions & CallOptions> = { ...callNames, dtype: true, shape: "array" };

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
  const attribute = newAttribute(object, name, value, options);
  setAttribute(object, table, name, (writer) => encodeAttribute(writer, attribute));
}

/** Deletes an attribute; answers whether there was one. */
export function* removeAttribute(object: ObjectState, name: string): Operation<boolean> {
  requireChangeable(object);
  return deleteAttribute(object, yield* loadAttributes(object), name);
}

/** Names remembered: those of attributes recur from object to object. */
const rememberedNames = 256;

function bytesOfName(file: FileState, name: string): Uint8Array {
  let bytes = file.attributeNames.get(name);
  if (bytes === undefined) {
    bytes = encodeText(name);
    if (file.attributeNames.size < rememberedNames) file.attributeNames.set(name, bytes);
  }
  return bytes;
}

function newAttribute(
  object: ObjectState,
  name: string,
  value: unknown,
  options: NewAttributeOptions,
): AttributeMessage {
  const { file } = object;
  if (typeof name !== "string" || name === "" || name.includes("\0")) {
    throw invalidArgument("the name of an attribute is a string that is not empty and has no NUL");
  }
  const nameBytes = bytesOfName(file, name);
  const isAscii = nameBytes.length === name.length;
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
    version: isOld && isAscii && !needsType ? 1 : 3,
    name,
    nameBytes,
    characterSet: isAscii ? "ascii" : "utf-8",
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
