/** Where the command line writes. */
export interface Terminal {
  /** Resolves when there is room for more. */
  write(text: string): void | Promise<void>;
  writeError(text: string): void;
  /** Whether colours may be used. */
  readonly colors: boolean;
}

/** A call that cannot be carried out as it was typed; exit status 2. */
export class UsageError extends Error {}

const codes = { group: 34, name: 1, attribute: 36, muted: 2, error: 31 } as const;

/** Paints text for a meaning, or leaves it as it is where colours are off. */
export type Paint = (meaning: keyof typeof codes, text: string) => string;

export function painter(terminal: Terminal): Paint {
  if (!terminal.colors) return (_meaning, text) => text;
  return (meaning, text) => `\u001b[${codes[meaning]}m${text}\u001b[0m`;
}

/** Text from a file made safe for a terminal: control characters, and bytes of names that no text holds, as escapes. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Surrogate}]/gu, (character) => {
    return `\\x${(character.charCodeAt(0) & 0xff).toString(16).padStart(2, "0")}`;
  });
}
