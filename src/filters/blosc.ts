/**
 * `import "jangada/filters/blosc"` makes datasets that are compressed with Blosc (filter 32001) readable.
 *
 * @module
 */
import { bloscFilter } from "../format/filters/blosc/blosc.js";
import { registerFilter } from "../format/filters/registry.js";

registerFilter(bloscFilter);

export { bloscFilter };
