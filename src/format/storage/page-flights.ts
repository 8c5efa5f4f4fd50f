import { orAborted } from "./concurrency.js";
import type { DecodeSession } from "./decode-session.js";
import type { Device } from "./device.js";
import { ioError } from "./device-errors.js";
import type { PageStore } from "./page-store.js";

/** A request for pages under way, shared by all who wait for them. */
export interface Flight {
  readonly offset: number;
  readonly length: number;
  readonly controller: AbortController;
  readonly waiters: Set<{ readonly session: DecodeSession | undefined }>;
  promise: Promise<void>;
  /** Its bytes are not to be kept: they were written meanwhile, or nobody waits for them. */
  stale: boolean;
}

/** The requests under way for the pages of a device. What arrives goes to the store. */
export class PageFlights {
  readonly #device: Device;
  readonly #store: PageStore;
  readonly #flightOfPage = new Map<number, Flight>();

  constructor(device: Device, store: PageStore) {
    this.#device = device;
    this.#store = store;
  }

  /** The request that will bring page `page`. */
  at(page: number): Flight | undefined {
    return this.#flightOfPage.get(page);
  }

  /** Starts the request that fills `bytes` from the page boundary `offset`. */
  start(offset: number, bytes: Uint8Array): Flight {
    const { length } = bytes;
    const flight: Flight = {
      offset,
      length,
      controller: new AbortController(),
      waiters: new Set(),
      promise: Promise.resolve(),
      stale: false,
    };
    const read = async (): Promise<void> => {
      try {
        await this.#device.read(offset, bytes, flight.controller.signal);
        if (flight.stale) return;
        const block = this.#store.insert(offset, bytes);
        for (const { session } of flight.waiters) session?.pin(block);
      } finally {
        this.#forget(flight);
      }
    };
    const { pageSize } = this.#store;
    for (let page = offset / pageSize; page * pageSize < offset + length; page++) this.#flightOfPage.set(page, flight);
    flight.promise = read();
    // Those who wait see the failure; with nobody waiting it concerns nobody.
    flight.promise.catch(() => {});
    return flight;
  }

  /** Waits for requests; one that all its waiters have given up is ended. */
  async join(
    flights: ReadonlySet<Flight>,
    signal: AbortSignal | undefined,
    session: DecodeSession | undefined,
  ): Promise<void> {
    const waiter = { session };
    const arrivals: Promise<void>[] = [];
    for (const flight of flights) {
      flight.waiters.add(waiter);
      arrivals.push(flight.promise);
    }
    try {
      await orAborted(Promise.all(arrivals), signal);
    } catch (error) {
      throw ioError(error, this.#device.name, signal);
    } finally {
      for (const flight of flights) {
        flight.waiters.delete(waiter);
        if (flight.waiters.size === 0 && this.#forget(flight)) {
          flight.stale = true;
          flight.controller.abort();
        }
      }
    }
  }

  /** Bytes were written: what requests under way bring of them is not kept. */
  outdate(offset: number, length: number): void {
    for (const flight of this.#flightOfPage.values()) {
      if (flight.offset < offset + length && flight.offset + flight.length > offset) {
        flight.stale = true;
        this.#forget(flight);
      }
    }
  }

  /** Lets nobody join `flight` any more; answers whether somebody could have. */
  #forget(flight: Flight): boolean {
    const { pageSize } = this.#store;
    let joinable = false;
    for (let page = flight.offset / pageSize; page * pageSize < flight.offset + flight.length; page++) {
      if (this.#flightOfPage.get(page) !== flight) continue;
      this.#flightOfPage.delete(page);
      joinable = true;
    }
    return joinable;
  }
}
