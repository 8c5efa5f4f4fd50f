/** What is done as asked, but may not be what was meant. */

import type { Node } from "./plan.js";
import { joinPath } from "./serialize.js";

/** Something to be told to whoever saves or loads. */
export interface Warning {
  /**
   * `not-in-python`: Python's library does not load what is saved. `plain-base`: an object is loaded as an instance of what
   * `define` made, since the program has not used the class that extends it, if there is one.
   */
  readonly code: "not-in-python" | "plain-base";
  readonly message: string;
  /** Where it is, as in `/root/times`. */
  readonly path: string;
}

/** Told of each {@link Warning}. */
export type WarningCallback = (warning: Warning) => void;

/** What is told where the caller gave no callback. */
export const printWarning: WarningCallback = ({ path, message }) => console.warn(`${path}: ${message}`);

/** Tells what other readers cannot do with what a plan writes at `path`: each thing once, where it is first. */
export function warnOfPlan(node: Node, path: string, warn: WarningCallback, told = new Set<string>()): void {
  if (node.kind === "group") {
    for (const [name, member] of node.members) warnOfPlan(member, joinPath(path, name), warn, told);
  } else if (node.kind === "dataset") {
    const message = node.notice?.() ?? null;
    if (message === null || told.has(message)) return;
    told.add(message);
    warn({ code: "not-in-python", message, path });
  }
}
