import { HDF5Error, invalidArgument, UnsupportedFeatureError } from "../errors.js";
import { codeOf, fileExists } from "./local-files.js";
import { childProcesses, denoRuntime, environmentVariable, platform } from "./local-process.js";

/**
 * Whether a local file is locked while it is open: `true` requires it, of readers too; `"best-effort"` locks for
 * writing, where the system can.
 */
export type Locking = boolean | "best-effort";

/** The lock that a file is opened with: libhdf5's own, so that its programs and this library keep each other out. */
export interface FileLock {
  readonly kind: "exclusive" | "shared";
  /** Whether the file is not to be opened where it cannot be locked. */
  readonly required: boolean;
}

/** Gives back what a lock needs besides the descriptor that it was asked for. */
export type Unlock = () => void;

type Outcome = "taken" | "held" | "impossible";

/**
 * The lock of a file, `null` where it is opened without. As in libhdf5, the environment variable
 * HDF5_USE_FILE_LOCKING overrides what the program says. Readers take the shared lock only where they are told to: a
 * viewer keeps no writer out unasked.
 *
 * @throws HDF5Error `invalid-argument` where `option` is none of its values
 */
export function lockFor(option: Locking | undefined, writable: boolean): FileLock | null {
  if (option !== undefined && typeof option !== "boolean" && option !== "best-effort") {
    throw invalidArgument(`locking is true, false or "best-effort", not ${JSON.stringify(option)}`);
  }
  const locking = lockingOf(environmentVariable("HDF5_USE_FILE_LOCKING")) ?? option ?? "best-effort";
  if (locking === false || (locking === "best-effort" && !writable)) return null;
  return { kind: writable ? "exclusive" : "shared", required: locking === true };
}

/** The values that libhdf5 knows, in its spelling. */
function lockingOf(value: string | undefined): Locking | undefined {
  if (value === "FALSE" || value === "0") return false;
  if (value === "TRUE" || value === "1") return true;
  return value === "BEST_EFFORT" ? "best-effort" : undefined;
}

/** Flags of macOS's open: O_SHLOCK, O_EXLOCK, and O_NONBLOCK, without which it would wait. */
const darwinFlags = { shared: 0x10 | 0x04, exclusive: 0x20 | 0x04 } as const;
/** UV_FS_O_EXLOCK: nobody else opens the file, not even to read it. */
const windowsExclusive = 0x1000_0000;

/**
 * Flags by which opening a file locks it; 0 where it is locked when it is open. On Windows, where the only means keeps
 * readers out as well, it is used only where a lock is required.
 */
export function lockFlags(lock: FileLock | null): number {
  if (lock === null || denoRuntime() !== undefined) return 0;
  if (platform() === "darwin") return darwinFlags[lock.kind];
  return platform() === "win32" && lock.required && lock.kind === "exclusive" ? windowsExclusive : 0;
}

/** Whether opening a file failed because someone else has it locked. */
export function isHeld(error: unknown): boolean {
  return ["EAGAIN", "EWOULDBLOCK", "EBUSY"].includes(codeOf(error));
}

/** Someone else has the file open in a way that excludes this. */
export function locked(path: string, cause?: unknown): HDF5Error {
  return new HDF5Error(
    "locked",
    `${path} is locked: another program has it open. Close it there, or try again later; locking: false opens it regardless`,
    { cause },
  );
}

/**
 * Takes a lock on an open file without waiting for it.
 *
 * @throws HDF5Error `locked` where someone else holds it, `unsupported` where it is required and cannot be taken
 */
export function takeLockSync(descriptor: number, path: string, lock: FileLock): Unlock {
  const deno = denoLock(path, lock);
  if (deno !== null) return deno;
  const program = lockProgram();
  return finish(program === null ? "impossible" : runProgramSync(program, descriptor, lock), path, lock);
}

/** {@link takeLockSync} without blocking. */
export async function takeLock(descriptor: number, path: string, lock: FileLock): Promise<Unlock> {
  const deno = denoLock(path, lock);
  if (deno !== null) return deno;
  const program = lockProgram();
  return finish(program === null ? "impossible" : await runProgram(program, descriptor, lock), path, lock);
}

function finish(result: Outcome, path: string, { required }: FileLock): Unlock {
  if (result === "held") throw locked(path);
  if (result === "impossible" && required) {
    throw new UnsupportedFeatureError(
      "file locks",
      `${path} cannot be locked here; locking: "best-effort" goes without where it must`,
    );
  }
  return () => {};
}

/** Deno's way: a file of its own that holds the lock; `null` in other runtimes. */
function denoLock(path: string, lock: FileLock): Unlock | null {
  const deno = denoRuntime();
  if (deno === undefined) return null;
  let result: Outcome = "impossible";
  try {
    const file = deno.openSync(path, { read: true, write: lock.kind === "exclusive" });
    const taken = file.tryLockSync?.(lock.kind === "exclusive");
    if (taken === true) return () => file.close();
    file.close();
    if (taken === false) result = "held";
  } catch {
    // Neither asked for nor granted: it is not locked.
  }
  return finish(result, path, lock);
}

/**
 * A program that locks the file it inherits as descriptor 3: a flock belongs to the open file, of which the
 * descriptor here is another name, and stays until that is closed, by whatever end.
 */
interface LockProgram {
  readonly path: string;
  readonly args: Readonly<Record<FileLock["kind"], readonly string[]>>;
}

const flock = { exclusive: ["-n", "-x", "3"], shared: ["-n", "-s", "3"] } as const;
const perl = { exclusive: ["-e", perlScript(6)], shared: ["-e", perlScript(5)] } as const;

/** `flock` with LOCK_NB and LOCK_EX or LOCK_SH; status 1 for EWOULDBLOCK, which is 11 on Linux. */
function perlScript(operation: number): string {
  return `open(F,"<&=3")||exit(65);exit(flock(F,${operation})?0:$!==11?1:65)`;
}

/** Fixed places: a program that the caller's PATH leads to is not run. */
const programs: readonly LockProgram[] = [
  { path: "/usr/bin/flock", args: flock },
  { path: "/bin/flock", args: flock },
  { path: "/run/current-system/sw/bin/flock", args: flock },
  { path: "/usr/bin/perl", args: perl },
];

/** As little as possible of this process reaches the program. */
const bare = { env: {}, cwd: "/" } as const;

let found: LockProgram | null | undefined;

function lockProgram(): LockProgram | null {
  if (found === undefined) {
    found = platform() === "linux" ? (programs.find(({ path }) => fileExists(path)) ?? null) : null;
  }
  return found;
}

function runProgramSync(program: LockProgram, descriptor: number, lock: FileLock): Outcome {
  try {
    const result = childProcesses()?.spawnSync(program.path, program.args[lock.kind], {
      stdio: ["ignore", "ignore", "pipe", descriptor],
      ...bare,
    });
    return result === undefined ? "impossible" : outcome(result.status, result.stderr?.length ?? 0);
  } catch {
    return "impossible";
  }
}

function runProgram(program: LockProgram, descriptor: number, lock: FileLock): Promise<Outcome> {
  return new Promise((resolve) => {
    try {
      const child = childProcesses()?.spawn(program.path, program.args[lock.kind], {
        stdio: ["ignore", "ignore", "pipe", descriptor],
        ...bare,
      });
      if (child === undefined) return resolve("impossible");
      let complained = 0;
      child.stderr?.on("data", (data: { readonly length: number }) => {
        complained += data.length;
      });
      child.on("error", () => resolve("impossible"));
      child.on("close", (status) => resolve(outcome(status, complained)));
    } catch {
      // The runtime starts no processes.
      resolve("impossible");
    }
  });
}

/** Some versions of `flock` end with status 1 for whatever went wrong, but say so. */
function outcome(status: number | null, complained: number): Outcome {
  if (status === 0) return "taken";
  return status === 1 && complained === 0 ? "held" : "impossible";
}
