import type { Terminal } from "./terminal.js";

/** Text is handed on in parts of about this many characters. */
const partLength = 16 * 1024;
/** Milliseconds that text waits at most where it comes slowly. */
const longestWait = 100;

/** Gathers small pieces of text into few writes, and waits for whoever reads them. */
export class Output {
  readonly #terminal: Terminal;
  #parts: string[] = [];
  #length = 0;
  #flushed = performance.now();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  write(text: string): void {
    this.#parts.push(text);
    this.#length += text.length;
  }

  /** Whether so much is waiting that it is time to call {@link flush}. */
  get isFull(): boolean {
    return this.#length >= partLength;
  }

  /** {@link isFull}, or something has been waiting for long. */
  get isDue(): boolean {
    return this.isFull || performance.now() - this.#flushed > longestWait;
  }

  /** Hands on what is waiting; resolves when there is room for more. */
  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    await this.#terminal.write(text);
    this.#flushed = performance.now();
  }
}
