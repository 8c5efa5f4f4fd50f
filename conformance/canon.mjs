#!/usr/bin/env node
/** Prints the h5canon/1 lines of one file: `node conformance/canon.mjs [--async] FILE`. */

import { parseArgs } from "node:util";
import { describePath } from "./open-file.mjs";

const { values, positionals } = parseArgs({ options: { async: { type: "boolean" } }, allowPositionals: true });
if (positionals.length !== 1) {
  console.error("usage: npm run canon -- [--async] FILE");
  process.exit(2);
}
process.stdout.on("error", (error) => {
  // The reader has seen enough.
  process.exit(error.code === "EPIPE" ? 0 : 1);
});
await describePath(positionals[0], values.async === true, (line) => process.stdout.write(`${line}\n`));
