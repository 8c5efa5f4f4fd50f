import { updateDimensions } from "./virtual-layout.js";
import { readVirtual } from "./virtual-read.js";

/** What only virtual datasets need, apart from the rest so that it can be loaded with the first one. */
export const virtualDatasets = { readVirtual, updateDimensions } as const;

/** See {@link virtualDatasets}. */
export type VirtualDatasets = typeof virtualDatasets;
