#!/usr/bin/env node
import process from "node:process";
import { runCommandLine } from "./command-line.js";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads our output has seen enough, as `head` has.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

void runCommandLine(process.argv.slice(2), {
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  colors: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
}).then((status) => {
  process.exitCode = status;
});
