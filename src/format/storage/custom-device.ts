import { HDF5Error, invalidArgument } from "../errors.js";
import { Gate, orAborted } from "./concurrency.js";
import type { Device } from "./device.js";
import { checkRange, ioError, syncUnavailable, throwIfAborted } from "./device-errors.js";

/** Where a {@link CustomSource} takes its bytes from is its own business. */
export interface CustomSource {
  /** Size in bytes; it must not change while the file is open. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. */
  read(
    offset: number,
    length: number,
    options: { readonly signal?: AbortSignal },
  ): Uint8Array | ArrayBuffer | Promise<Uint8Array | ArrayBuffer>;
  /** The same at once, where the source can; it enables the synchronous methods. */
  readSync?(offset: number, length: number): Uint8Array | ArrayBuffer;
  /** Name for messages. Default "custom source". */
  readonly name?: string;
  /** Unit in which metadata and small parts of data are best read, in bytes. Default 64 KiB. */
  readonly pageSize?: number;
  /** Called when the file is closed. */
  close?(): void | Promise<void>;
}

const requestsInFlight = 6;

/** A device over the caller's own range reader. */
export function openCustomDevice(source: CustomSource): Device {
  const { size, name, pageSize, readSync } = propertiesOf(source);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw invalidArgument(`${name}: size must be a whole number of bytes, found ${String(size)}`);
  }
  if (!Number.isSafeInteger(pageSize) || pageSize < 1) {
    throw invalidArgument(`${name}: pageSize must be a positive whole number, found ${String(pageSize)}`);
  }
  const gate = new Gate(requestsInFlight);

  return {
    name,
    size,
    pageSize,
    writable: false,
    read(offset, target, signal) {
      return gate.run(async () => {
        checkRange(offset, target.length, size);
        throwIfAborted(signal);
        let bytes: unknown;
        try {
          // The source may ignore the signal.
          bytes = await orAborted(Promise.resolve(source.read(offset, target.length, { signal })), signal);
        } catch (error) {
          throw ioError(error, name, signal);
        }
        take(name, bytes, offset, target);
      });
    },
    ...(readSync === undefined
      ? {}
      : {
          readSync(offset: number, target: Uint8Array): void {
            checkRange(offset, target.length, size);
            let bytes: unknown;
            try {
              bytes = readSync.call(source, offset, target.length);
            } catch (error) {
              throw ioError(error, name);
            }
            if (bytes instanceof Promise) throw syncUnavailable(name);
            take(name, bytes, offset, target);
          },
        }),
    async close() {
      try {
        await source.close?.();
      } catch (error) {
        throw ioError(error, name);
      }
    },
    closeSync() {
      try {
        // Nothing was written through a source, so a late failure to close it loses nothing.
        void Promise.resolve(source.close?.()).catch(() => {});
      } catch (error) {
        throw ioError(error, name);
      }
    },
  };
}

function propertiesOf(source: CustomSource) {
  try {
    const { size, name = "custom source", pageSize = 64 * 1024, readSync } = source;
    return { size, name, pageSize, readSync };
  } catch (error) {
    throw ioError(error, "custom source");
  }
}

/** Copies what a source answered, which may be anything, to `target`. */
function take(name: string, answer: unknown, offset: number, target: Uint8Array): void {
  let bytes: Uint8Array;
  if (ArrayBuffer.isView(answer)) bytes = new Uint8Array(answer.buffer, answer.byteOffset, answer.byteLength);
  else if (Object.prototype.toString.call(answer) === "[object ArrayBuffer]") {
    bytes = new Uint8Array(answer as ArrayBuffer);
  } else {
    throw new HDF5Error("io", `${name}: read() must return a Uint8Array or an ArrayBuffer, found ${typeof answer}`, {
      offset,
    });
  }
  if (bytes.length !== target.length) {
    throw new HDF5Error("io", `${name}: asked for ${target.length} bytes, read() returned ${bytes.length}`, { offset });
  }
  target.set(bytes);
}
