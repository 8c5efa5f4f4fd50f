import { loadPart, NotLoaded } from "../storage/not-loaded.js";
import type { Operation } from "../storage/operation.js";

/** A part of the library that few files need, or what loads it. */
export type OnDemand<Part> = { readonly part: Part } | { readonly load: () => Promise<Part> };

/** The part, which asynchronous operations load; `what` is what it reads. */
export function* loaded<Part>(source: OnDemand<Part>, what: string): Operation<Part> {
  return "part" in source ? source.part : yield* loadPart(new NotLoaded(what, source.load));
}
