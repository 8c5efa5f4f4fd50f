import type { DType } from "./datatypes/dtype.js";
import { dtypeOf, formatDType } from "./datatypes/dtype-of.js";
import type { HDF5File } from "./file.js";
import { ObjectHandle } from "./object-handle.js";
import type { ObjectState } from "./objects/object-state.js";
import type { Datatype } from "./structures/messages/datatype.js";

/** A datatype stored under a name of its own, which datasets and attributes may share. */
export class CommittedDatatype extends ObjectHandle {
  readonly kind = "datatype";
  readonly #file: HDF5File;
  /** The datatype exactly as stored. */
  readonly datatype: Datatype;

  /** @internal */
  constructor(file: HDF5File, state: ObjectState, path: string, datatype: Datatype) {
    super(state, path);
    this.#file = file;
    this.datatype = datatype;
  }

  get file(): HDF5File {
    return this.#file;
  }

  override toString(): string {
    return `CommittedDatatype ${super.toString()} ${formatDType(this.datatype)}`;
  }

  /** The datatype in the notation used for creating. */
  get dtype(): DType {
    return dtypeOf(this.datatype);
  }
}
