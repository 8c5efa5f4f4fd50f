/** The programs in a page of the documentation. */

import { readFileSync } from "node:fs";

/** A program, or a module that later ones import. */
export interface Program {
  /** The name of its file. */
  readonly file: string;
  /** Whether the others import it. */
  readonly isModule: boolean;
  /** The line in the page where it begins. */
  readonly line: number;
  readonly source: string;
}

/** The TypeScript programs of a page, in their order; those that begin with "```ts file=NAME" are modules. */
export function programsOf(page: string): readonly Program[] {
  const programs: Program[] = [];
  let open: { file: string | null; line: number; lines: string[] } | null = null;
  for (const [index, line] of readFileSync(page, "utf8").split("\n").entries()) {
    const fence = /^```(\w*)(?: file=(\S+))?$/.exec(line);
    if (fence === null) {
      open?.lines.push(line);
    } else if (open !== null) {
      const name = open.file ?? `line-${open.line}.ts`;
      const source = `${open.lines.join("\n")}\n`;
      programs.push({ file: name, isModule: open.file !== null, line: open.line, source });
      open = null;
    } else if (fence[1] === "ts") {
      open = { file: fence[2] ?? null, line: index + 1, lines: [] };
    }
  }
  return programs;
}

/** What a program says that it prints: the comments at the end of calls of `console.log`, and lines of them after one. */
export function promisedOutput(source: string): string {
  const lines: string[] = [];
  let prints = false;
  for (const line of source.split("\n")) {
    const found: RegExpExecArray | null = /console\.log\(.*\); \/\/ (?!throws )(.*)$/.exec(line);
    const more: RegExpExecArray | null = prints ? /^\/\/ (.*)$/.exec(line) : null;
    const said = found ?? more;
    if (said !== null) lines.push(said[1] ?? "");
    prints = more !== null || (found === null && /console\.log\(.*\)+;$/.test(line));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** The program with each line that "throws CODE" made one that fails unless it does. */
export function checkedThrows(source: string): string {
  return source.replace(/^(.*); \/\/ throws ([\w-]+)$/gm, (_, statement: string, code: string) => {
    const failure = `Object.assign(new Error(${JSON.stringify(`throws no ${code}`)}), { code: "none" })`;
    return `try { ${statement}; throw ${failure}; } catch (error) { if (error.code !== "${code}") throw error; }`;
  });
}
