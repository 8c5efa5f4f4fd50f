/**
 * `import "jangada/filters/all"` registers every filter that is not built in.
 *
 * @module
 */
export * from "./bitround.js";
export * from "./bitshuffle.js";
export * from "./blosc.js";
export * from "./blosc2.js";
export * from "./bzip2.js";
export * from "./lz4.js";
export * from "./lzo.js";
export * from "./zfp.js";
export * from "./zstd.js";
