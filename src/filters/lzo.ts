/**
 * `import "jangada/filters/lzo"` makes datasets that are compressed with LZO, as PyTables writes them (filter 305), readable.
 *
 * @module
 */
import { lzoFilter } from "../format/filters/lzo.js";
import { registerFilter } from "../format/filters/registry.js";

registerFilter(lzoFilter);

export { lzoFilter };
