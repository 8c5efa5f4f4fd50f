/**
 * `import "jangada/filters/lz4"` makes datasets that are compressed with LZ4 (filter 32004) readable and writable.
 *
 * @module
 */
import { lz4Filter } from "../format/filters/lz4.js";
import { registerFilter } from "../format/filters/registry.js";

registerFilter(lz4Filter);

export { lz4Filter };
