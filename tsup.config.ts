import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "format/index": "src/format/index.ts",
    "serialization/index": "src/serialization/index.ts",
    "cli/main": "src/cli/main.ts",
  },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: ["pako", /^node:/],
  splitting: true,
  clean: true,
  dts: true,
  sourcemap: true,
  treeshake: true,
  removeNodeProtocol: false,
  silent: true,
});
