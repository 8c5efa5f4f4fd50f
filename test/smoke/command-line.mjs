/** The built command line as a process of its own: prints the results as one line of JSON. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import "../../dist/filters/lz4.js";
import { create } from "../../dist/index.js";
import { runTests } from "./suite.mjs";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
/** Says at its end how much memory a process has taken at most, in kB. */
const sayMemory = "data:text/javascript,process.on('exit',()=>console.error(process.resourceUsage().maxRSS))";
const directory = mkdtempSync(join(tmpdir(), "jangada-command-line-"));
const path = join(directory, "values.h5");
const count = 10_000_000;

async function writeFile() {
  const file = await create(path);
  const data = Float64Array.from({ length: count }, (_, index) => index / 7);
  await file.createDataset("numbers", { data });
  await file.createDataset("packed", { data: [1, 2, 3], chunks: [3], filters: ["lz4"] });
  await file.close();
}

function start(args) {
  const child = spawn(process.execPath, ["--import", sayMemory, program, ...args]);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  child.stdout.setEncoding("utf8");
  return { child, errors: () => errors };
}

function expect(condition, what) {
  if (!condition) throw new Error(what);
}

const tests = [
  [
    "reads data of filters that a program would have to import",
    async () => {
      const { child } = start(["dump", path, "packed"]);
      const text = (await child.stdout.toArray()).join("");
      expect(text === "float64 (3)\n[1, 2, 3]\n", text);
    },
  ],
  [
    "prints ten million numbers in 100 MB of memory",
    async () => {
      const { child, errors } = start(["dump", path, "numbers"]);
      let commas = 0;
      for await (const text of child.stdout) {
        for (let at = text.indexOf(","); at >= 0; at = text.indexOf(",", at + 1)) commas++;
      }
      if (child.exitCode === null) await once(child, "exit");
      expect(commas === count - 1, `${commas} commas`);
      expect(Number(errors()) < 100_000, `${errors().trim()} kB`);
    },
  ],
  [
    "ends when nobody reads on",
    async () => {
      const { child } = start(["dump", path, "numbers"]);
      await once(child.stdout, "data");
      child.stdout.destroy();
      const started = performance.now();
      const [status] = await once(child, "exit");
      expect(status === 0, `exit status ${status}`);
      expect(performance.now() - started < 5000, "it went on");
    },
  ],
  [
    "says that its output cannot be written",
    async () => {
      // A device that is always full, where the system has one.
      if (!existsSync("/dev/full")) return;
      const full = openSync("/dev/full", "w");
      const child = spawn(process.execPath, [program, "dump", path, "packed"], { stdio: ["ignore", full, "pipe"] });
      const errors = (await child.stderr.setEncoding("utf8").toArray()).join("");
      if (child.exitCode === null) await once(child, "exit");
      closeSync(full);
      expect(child.exitCode === 1 && /^jangada: the output cannot be written: ENOSPC/.test(errors), errors);
    },
  ],
];

try {
  await writeFile();
  console.log(JSON.stringify(await runTests(tests)));
} finally {
  rmSync(directory, { recursive: true });
}
