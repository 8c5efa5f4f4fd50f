/**
 * `import "jangada/filters/all"` registers every filter that is not built in.
 *
 * @module
 */
import * as filters from "../format/filters/opt-in.js";
import { registerFilter } from "../format/filters/registry.js";

// Registered here and not by importing the other modules, whose side effects a bundler could then lose.
for (const filter of Object.values(filters)) registerFilter(filter);

export * from "../format/filters/opt-in.js";
