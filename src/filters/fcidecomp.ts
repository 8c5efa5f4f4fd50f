/**
 * `import "jangada/filters/fcidecomp"` makes datasets that are compressed with FCIDECOMP, which is JPEG-LS (filter
 * 32018), readable and writable.
 *
 * @module
 */
import { fcidecompFilter } from "../format/filters/fcidecomp.js";
import { registerFilter } from "../format/filters/registry.js";

registerFilter(fcidecompFilter);

export { fcidecompFilter };
