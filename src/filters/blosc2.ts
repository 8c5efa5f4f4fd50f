/**
 * `import "jangada/filters/blosc2"` makes datasets that are compressed with Blosc2 (filter 32026) readable.
 *
 * @module
 */
import { blosc2Filter } from "../format/filters/blosc/blosc2.js";
import { registerFilter } from "../format/filters/registry.js";

registerFilter(blosc2Filter);

export { blosc2Filter };
