import type { Options } from "tsup";
import { defineConfig } from "tsup";
import { splitReading } from "./scripts/split-reading.mjs";

const common: Options = {
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: ["pako", /^node:/],
  sourcemap: true,
  treeshake: true,
  removeNodeProtocol: false,
  silent: true,
};

/** Everything in one module that imports nothing on demand, for where `import()` is not to be had. */
const whole: Options = { ...common, entry: { all: "src/all.ts" }, splitting: false, dts: false };

const entry = {
  index: "src/index.ts",
  "format/index": "src/format/index.ts",
  "format/read": "src/format/read.ts",
  "filters/all": "src/filters/all.ts",
  "filters/bitround": "src/filters/bitround.ts",
  "filters/bitshuffle": "src/filters/bitshuffle.ts",
  "filters/blosc": "src/filters/blosc.ts",
  "filters/blosc2": "src/filters/blosc2.ts",
  "filters/bzip2": "src/filters/bzip2.ts",
  "filters/fcidecomp": "src/filters/fcidecomp.ts",
  "filters/lz4": "src/filters/lz4.ts",
  "filters/lzo": "src/filters/lzo.ts",
  "filters/zfp": "src/filters/zfp.ts",
  "filters/zstd": "src/filters/zstd.ts",
  "serialization/index": "src/serialization/index.ts",
  "cli/main": "src/cli/main.ts",
};

const inPieces: Options = {
  ...common,
  entry,
  esbuildPlugins: [splitReading("src", "format/read.ts")],
  splitting: true,
  clean: true,
  dts: { entry: { ...entry, all: "src/all.ts" } },
};

export default defineConfig([inPieces, whole]);
