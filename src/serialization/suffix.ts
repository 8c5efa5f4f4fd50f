/** The extension of a path, as `save` replaces it. */

const suffixPattern = /(?<=[^/\\])\.[^./\\]+$/;

/** A path or URL with its last suffix replaced, or one added; other targets as they are. */
export function withSuffix<Target>(target: Target, extension: string): Target {
  if (typeof target === "string") {
    return (
      /^file:\/\//i.test(target) ? withSuffix(new URL(target), extension).href : replace(target, extension)
    ) as Target;
  }
  if (target instanceof URL) {
    const url = new URL(target);
    url.pathname = replace(url.pathname, extension);
    return url as Target;
  }
  return target;
}

function replace(path: string, extension: string): string {
  return suffixPattern.test(path) ? path.replace(suffixPattern, extension) : path + extension;
}
