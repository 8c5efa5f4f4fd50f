interface ProcessLike {
  getBuiltinModule?(name: string): unknown;
}

/** A module built into Node, Deno or Bun; `undefined` where there is none, or none that may be used. */
export function builtinModule(name: `node:${string}`): unknown {
  try {
    return (globalThis as { readonly process?: ProcessLike }).process?.getBuiltinModule?.(name);
  } catch {
    return undefined;
  }
}
