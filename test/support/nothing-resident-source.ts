import type { CustomSource } from "../../src/format/storage/custom-device.js";
import { openCustomDevice } from "../../src/format/storage/custom-device.js";
import type { Host } from "../../src/format/storage/drivers.js";
import { PageCache } from "../../src/format/storage/page-cache.js";

/** One request that a {@link NothingResidentSource} answered. */
export interface SourceRequest {
  readonly offset: number;
  readonly length: number;
}

/** Asynchronous bytes of which nothing is at hand, in pages of a few bytes; it keeps a list of what was asked. */
export class NothingResidentSource implements CustomSource {
  readonly name = "nothing resident";
  readonly size: number;
  readonly pageSize: number;
  readonly requests: SourceRequest[] = [];
  /** Requests that ran at the same time, at most. */
  mostInFlight = 0;
  #inFlight = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, options: { readonly pageSize?: number } = {}) {
    this.#bytes = bytes;
    this.size = bytes.length;
    this.pageSize = options.pageSize ?? 7;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.requests.push({ offset, length });
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#inFlight--;
    return this.#bytes.slice(offset, offset + length);
  }
}

/** A host over a {@link NothingResidentSource} that keeps nothing it need not keep, and reads nothing ahead. */
export function nothingResidentHost(source: NothingResidentSource): Host {
  const device = openCustomDevice(source);
  return { device, cache: new PageCache(device, { budget: 0, readAhead: 0 }) };
}
