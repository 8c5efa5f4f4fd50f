/**
 * `import "jangada/filters/all"` registers every filter that is not built in.
 *
 * @module
 */
import { bitGroomFilter, granularBitRoundFilter } from "../format/filters/bitround.js";
import { bitshuffleFilter } from "../format/filters/bitshuffle.js";
import { bloscFilter } from "../format/filters/blosc/blosc.js";
import { blosc2Filter } from "../format/filters/blosc/blosc2.js";
import { bzip2Filter } from "../format/filters/bzip2.js";
import { lz4Filter } from "../format/filters/lz4.js";
import { lzoFilter } from "../format/filters/lzo.js";
import { registerFilter } from "../format/filters/registry.js";
import { zfpFilter } from "../format/filters/zfp/zfp.js";
import { zstdFilter } from "../format/filters/zstd.js";

// Registered here and not by importing the other modules, whose side effects a bundler could then lose.
const filters = [
  bitGroomFilter,
  bitshuffleFilter,
  blosc2Filter,
  bloscFilter,
  bzip2Filter,
  granularBitRoundFilter,
  lz4Filter,
  lzoFilter,
  zfpFilter,
  zstdFilter,
];
for (const filter of filters) registerFilter(filter);

export {
  bitGroomFilter,
  bitshuffleFilter,
  blosc2Filter,
  bloscFilter,
  bzip2Filter,
  granularBitRoundFilter,
  lz4Filter,
  lzoFilter,
  zfpFilter,
  zstdFilter,
};
