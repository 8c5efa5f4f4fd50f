/**
 * HDF5 in pure TypeScript: files, and objects saved to them.
 *
 * @module
 */
export * from "./format/index.js";
export * from "./serialization/index.js";
