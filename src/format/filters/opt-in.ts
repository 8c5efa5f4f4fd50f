/** Every filter that is not built in. */
export { bitGroomFilter, granularBitRoundFilter } from "./bitround.js";
export { bitshuffleFilter } from "./bitshuffle.js";
export { bloscFilter } from "./blosc/blosc.js";
export { blosc2Filter } from "./blosc/blosc2.js";
export { bzip2Filter } from "./bzip2.js";
export { fcidecompFilter } from "./fcidecomp.js";
export { lz4Filter } from "./lz4.js";
export { lzoFilter } from "./lzo.js";
export { zfpFilter } from "./zfp/zfp.js";
export { zstdFilter } from "./zstd.js";
