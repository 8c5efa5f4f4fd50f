import { OnDemand } from "../storage/on-demand.js";
import type { ObjectRelations } from "./object-relations.js";

/** What objects have to do with each other beyond links: references, dimension scales, and where objects are. */
export const relations = new OnDemand<ObjectRelations>(
  "references and dimension scales",
  async () => (await import("./object-relations.js")).objectRelations,
);
