/** What this library looks for in the global object of a runtime. */
interface Runtime {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown };
  readonly document?: { readonly baseURI: string };
  readonly location?: { readonly href: string };
}

/**
 * A module built into Node, Deno or Bun; `undefined` where there is none. Looked up at run time, so that one build
 * serves runtimes with and without it.
 */
export function builtinModule(id: `node:${string}`): unknown {
  try {
    return (globalThis as Runtime).process?.getBuiltinModule?.(id) ?? undefined;
  } catch {
    // A runtime that only pretends to have built-in modules, or forbids them.
    return undefined;
  }
}

/** What `fetch` resolves relative URLs against in a page or a worker; `undefined` where paths are those of files. */
export function pageBase(): string | undefined {
  if (builtinModule("node:fs") !== undefined) return undefined;
  const { document, location } = globalThis as Runtime;
  return document?.baseURI ?? location?.href;
}

/** Whether a page or worker would need the server's consent to read all of an answer and to send all headers. */
export function isCrossOrigin(url: string): boolean {
  const { location } = globalThis as Runtime;
  return location !== undefined && new URL(url, location.href).origin !== new URL(location.href).origin;
}
