/**
 * What this library's types say of classes of the web, for programs that are compiled without the types of a browser or
 * of Node. Where those are there, the declarations are one.
 */
declare global {
  interface AbortSignal {
    readonly aborted: boolean;
  }
  interface Blob {
    readonly size: number;
  }
  interface Headers {
    get(name: string): string | null;
  }
  interface Request {
    readonly url: string;
  }
  interface Response {
    readonly status: number;
  }
  interface URL {
    href: string;
  }
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
    readonly dispose: unique symbol;
  }
}

export {};
