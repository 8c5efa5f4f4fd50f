/**
 * `import "jangada/filters/bitround"` makes datasets that BitGroom (filter 32022) or Granular BitRound (filter 32023)
 * has rounded readable.
 *
 * @module
 */
import { bitGroomFilter, granularBitRoundFilter } from "../format/filters/bitround.js";
import { registerFilter } from "../format/filters/registry.js";

registerFilter(bitGroomFilter);
registerFilter(granularBitRoundFilter);

export { bitGroomFilter, granularBitRoundFilter };
