import { defineConfig } from "tsup";
import { splitReading } from "./scripts/split-reading.mjs";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "format/index": "src/format/index.ts",
    // No entry of the package: with it, what reading does not need ends up in chunks of its own, which bundlers drop.
    "format/open": "src/format/open.ts",
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
  },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: ["pako", /^node:/],
  esbuildPlugins: [splitReading("src", "format/open.ts", "open")],
  splitting: true,
  clean: true,
  dts: true,
  sourcemap: true,
  treeshake: true,
  removeNodeProtocol: false,
  silent: true,
});
