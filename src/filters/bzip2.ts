/**
 * `import "jangada/filters/bzip2"` makes datasets that are compressed with bzip2 (filter 307) readable.
 *
 * @module
 */
import { bzip2Filter } from "../format/filters/bzip2.js";
import { registerFilter } from "../format/filters/registry.js";

registerFilter(bzip2Filter);

export { bzip2Filter };
