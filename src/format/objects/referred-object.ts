import { HDF5Error } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import type { FileState } from "./file-state.js";
import { nearPath } from "./object-path.js";
import { ObjectState } from "./object-state.js";
import { openRoot } from "./resolve-path.js";

/**
 * The object that a reference's address leads to, with its path where that is had cheaply: from the object `from`, or
 * wherever.
 *
 * @throws HDF5Error `not-found` where no object is there, or it has been deleted
 */
export function* referredObject(file: FileState, address: number, from: ObjectState | null): Operation<ObjectState> {
  const root = yield* openRoot(file);
  const isObject = file.objects.has(address) || (yield* file.decode(() => beginsHeader(file, address)));
  const offset = file.offsetOf(address);
  if (!isObject) {
    throw new HDF5Error("not-found", `the reference leads nowhere: no object is at byte ${offset}`, { offset });
  }
  const object = yield* ObjectState.open(file, address);
  if (object.referenceCount === 0 && object !== root) {
    throw new HDF5Error("not-found", `the reference leads nowhere: the object at byte ${offset} was deleted`, {
      offset,
    });
  }
  yield* nearPath(object, from);
  return object;
}

/** Whether the bytes at an address may be those of an object header. */
function beginsHeader({ cache, context }: FileState, address: number): boolean {
  const offset = context.baseAddress + address;
  if (!Number.isSafeInteger(address) || address < 0 || offset + 4 > cache.size) return false;
  const [first, second, third, fourth] = cache.view(offset, 4);
  if (first === 1) return second === 0;
  return first === 0x4f && second === 0x48 && third === 0x44 && fourth === 0x52;
}
