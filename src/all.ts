import "./filters/all.js";

export * from "./index.js";
