/**
 * `import "jangada/filters/zstd"` makes datasets that are compressed with Zstandard (filter 32015) readable.
 *
 * @module
 */

import { registerFilter } from "../format/filters/registry.js";
import { zstdFilter } from "../format/filters/zstd.js";

registerFilter(zstdFilter);

export { zstdFilter };
