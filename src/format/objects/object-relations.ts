import { axisScales, isScale, scaleName, scaleUses } from "./dimension-scales.js";
import { findPath, nearPath } from "./object-path.js";
import { referredObject } from "./referred-object.js";

/** What few programs ask of objects beyond their links, apart from the rest so that it can be loaded when one does. */
export const objectRelations = {
  axisScales,
  findPath,
  isScale,
  nearPath,
  referredObject,
  scaleName,
  scaleUses,
} as const;

/** See {@link objectRelations}. */
export type ObjectRelations = typeof objectRelations;
