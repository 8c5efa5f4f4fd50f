#!/usr/bin/env node
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runCommandLine } from "./command-line.js";

// Long output is much short-lived text, for which the young generation would otherwise grow by tens of megabytes.
setFlagsFromString("--semi-space-growth-factor=1");

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads our output has seen enough, as `head` has.
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`jangada: the output cannot be written: ${error.message}\n`);
  process.exit(1);
});

void runCommandLine(process.argv.slice(2), {
  write: (text) =>
    process.stdout.write(text) ? undefined : new Promise((resolve) => process.stdout.once("drain", resolve)),
  writeError: (text) => void process.stderr.write(text),
  colors: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
}).then((status) => {
  process.exitCode = status;
});
