import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const workers = 2;
const secondsPerFile = 60;
const bytesPerWorker = 3 * 1024 ** 3;
const program = fileURLToPath(new URL("./worker.mjs", import.meta.url));

/**
 * Runs every job `{ path, output, asynchronous }` in a few child processes. A job that takes too long, takes too much
 * memory or ends its process fails with a reason, `failed(job, reason)`, and the next one gets a fresh process.
 */
export async function runJobs(jobs, failed) {
  const queue = jobs[Symbol.iterator]();
  await Promise.all(Array.from({ length: workers }, () => runLane(queue, failed)));
}

async function runLane(queue, failed) {
  let child = null;
  for (const job of queue) {
    child ??= await start();
    const reason = await runJob(child, job);
    if (reason === null) continue;
    failed(job, reason);
    child = null;
  }
  child?.disconnect();
}

function start() {
  const child = fork(program, { execArgv: ["--max-old-space-size=2048"] });
  return new Promise((resolve, reject) => {
    child.once("message", () => resolve(child));
    child.once("exit", (code) => reject(new Error(`the worker ended with status ${code} before its first file`)));
  });
}

/** `null` when the job was done, otherwise why not; the process has then ended. */
function runJob(child, job) {
  return new Promise((resolve) => {
    let reason = null;
    const kill = (why) => {
      reason ??= why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => kill("timeout"), secondsPerFile * 1000);
    const watch = setInterval(() => {
      if (residentBytes(child.pid) > bytesPerWorker) kill("memory");
    }, 250);
    const finish = (result) => {
      clearTimeout(timer);
      clearInterval(watch);
      child.removeAllListeners();
      resolve(result);
    };
    child.once("message", () => finish(null));
    child.once("exit", (code, signal) => finish(reason ?? `crash (${signal ?? code})`));
    child.send(job);
  });
}

/** Resident memory of a process, where the system tells (Linux). */
function residentBytes(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * 4096;
  } catch {
    return 0;
  }
}
