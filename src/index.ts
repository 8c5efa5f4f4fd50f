/**
 * HDF5 in pure TypeScript: files, and objects saved to them.
 *
 * @module
 */
export * from "./format/index.js";
export * from "./serialization/index.js";
// The class, which also fits the format layer's type of that name, and what also revives the classes of this layer.
export { Complex, revive } from "./serialization/index.js";
