/**
 * `import "jangada/filters/zfp"` makes datasets that are compressed with ZFP (filter 32013) readable.
 *
 * @module
 */
import { registerFilter } from "../format/filters/registry.js";
import { zfpFilter } from "../format/filters/zfp/zfp.js";

registerFilter(zfpFilter);

export { zfpFilter };
