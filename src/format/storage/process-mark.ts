import { codeOf, fileSystem } from "./local-files.js";
import { runtimeProcess } from "./local-process.js";
import { builtinModule } from "./runtime.js";

/** What a process is known by. */
interface Identity {
  readonly pid: number;
  /** When it was started, in the system's own unit; empty where the system does not say. */
  readonly start: string;
  /** Random: threads of one process have marks of their own. */
  readonly thread: string;
  /** Where its number means something: the machine since its start, and there the container; empty if unknown. */
  readonly machine: string;
}

let known: Identity | undefined;
let marks = 0;

function self(): Identity {
  if (known === undefined) {
    const pid = runtimeProcess()?.pid ?? 0;
    const [random] = crypto.getRandomValues(new Uint32Array(1));
    known = { pid, start: startOf(pid), thread: random.toString(16).padStart(8, "0"), machine: machineName() };
  }
  return known;
}

/**
 * A name for something that this process makes: itself, something that no other mark has and, after a space, the
 * machine. It has less than 60 bytes, which file systems keep without a block for them.
 */
export function processMark(): string {
  const { pid, start, thread, machine } = self();
  return `${pid}-${start}-${thread}${(++marks).toString(16)} ${machine}`;
}

/** Whether the process that made a {@link processMark} is gone; `null` where that cannot be told. */
export function isGone(mark: string): boolean | null {
  const parts = /^(\d+)-(\d*)-\w+ (.*)$/.exec(mark);
  const { pid, start, machine } = self();
  if (parts === null || machine === "" || parts[3] !== machine) return null;
  // This process is there, but the thread that made the mark may be over.
  if (Number(parts[1]) === pid) return parts[2] === start ? null : true;
  if (!isRunning(Number(parts[1]))) return true;
  // Its number may be another process's by now.
  const found = startOf(Number(parts[1]));
  return found !== "" && parts[2] !== "" && found !== parts[2];
}

/** False only where it is sure. */
function isRunning(pid: number): boolean {
  try {
    runtimeProcess()?.kill?.(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

/** Linux, "proc_pid_stat(5)": the start time is the 20th field after the name, which may contain anything. */
function startOf(pid: number): string {
  const text = readText(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function machineName(): string {
  const boot = readText("/proc/sys/kernel/random/boot_id").replaceAll("-", "").slice(0, 16);
  return boot === "" ? hostName().slice(0, 24) : boot + pidNamespace();
}

function hostName(): string {
  try {
    return (builtinModule("node:os") as typeof import("node:os") | undefined)?.hostname() ?? "";
  } catch {
    // The runtime does not tell.
    return "";
  }
}

function pidNamespace(): string {
  try {
    return fileSystem().readlinkSync("/proc/self/ns/pid").replace(/\D/g, "");
  } catch {
    return "";
  }
}

function readText(path: string): string {
  try {
    return fileSystem().readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
