/**
 * `import "jangada/filters/bitshuffle"` makes datasets that are stored with bitshuffle (filter 32008), plain or compressed, readable.
 *
 * @module
 */
import { bitshuffleFilter } from "../format/filters/bitshuffle.js";
import { registerFilter } from "../format/filters/registry.js";

registerFilter(bitshuffleFilter);

export { bitshuffleFilter };
