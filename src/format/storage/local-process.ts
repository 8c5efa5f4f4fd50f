import { builtinModule } from "./runtime.js";

/** What this library asks Node, Deno or Bun about the process. */
interface Process {
  readonly platform?: string;
  readonly pid?: number;
  kill?(pid: number, signal: 0): void;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What this library uses of Deno. */
interface Deno {
  readonly permissions: {
    querySync(asked: { readonly name: "env"; readonly variable: string }): { readonly state: string };
  };
  openSync(path: string, options: { readonly read: boolean; readonly write: boolean }): DenoFile;
}

/** A file as Deno opens it. Its lock is flock, as libhdf5 takes it. */
interface DenoFile {
  /** Answers whether the lock was taken; missing in old versions. */
  tryLockSync?(exclusive: boolean): boolean;
  close(): void;
}

/** The runtime's process object, where it has one. */
export function runtimeProcess(): Process | undefined {
  return (globalThis as unknown as { readonly process?: Process }).process;
}

/** Deno, where this runs in it. */
export function denoRuntime(): Deno | undefined {
  return (globalThis as unknown as { readonly Deno?: Deno }).Deno;
}

/** The system: "linux", "darwin", "win32" and so on. */
export function platform(): string | undefined {
  return runtimeProcess()?.platform;
}

/** The value of an environment variable; undefined too where it may not be asked for. */
export function environmentVariable(name: string): string | undefined {
  const deno = denoRuntime();
  // Asked for without permission, Deno would ask the user or throw.
  if (deno !== undefined && deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return;
  return runtimeProcess()?.env?.[name];
}

/** The runtime's `node:child_process`, where it has one. */
export function childProcesses(): typeof import("node:child_process") | undefined {
  return builtinModule("node:child_process") as typeof import("node:child_process") | undefined;
}
