import { resolveGather } from "../selection/resolve-gather.js";
import { readGathered, readGatheredInto } from "./gather-read.js";

/** What only selections by lists, points or masks need, apart from the rest so that it can be loaded with the first. */
export const gathering = { resolveGather, readGathered, readGatheredInto } as const;

/** See {@link gathering}. */
export type Gathering = typeof gathering;
