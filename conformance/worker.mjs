/** A child process of the runner: describes one file after another. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describePath } from "./open-file.mjs";

process.on("message", async ({ path, output, asynchronous }) => {
  const lines = [];
  await describePath(path, asynchronous, (line) => lines.push(line));
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${lines.join("\n")}\n`);
  process.send("done");
});
process.send("ready");
