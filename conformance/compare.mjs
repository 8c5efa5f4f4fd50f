/** Compares expected h5canon/1 lines with ours, line by line and key by key. */

import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

/** Keys that never count by themselves: readable samples, and counts that the hash implies. */
const insignificant = new Set(["sample", "nbytes", "path", "attrs"]);

function load(path) {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line, index) => {
      try {
        return JSON.parse(line);
      } catch {
        return { path: `?line ${index + 1}`, kind: "unparsable" };
      }
    });
}

/**
 * The differences between two files of lines: `{ path, cause, expected, ours, error }`, where `error` is the code of
 * our own error that explains the difference, if one does.
 *
 * An error on the expected side is no difference: whoever made the lines could not read that either.
 */
export function compareFiles(expectedPath, ourPath) {
  if (!existsSync(ourPath)) return [{ path: "/", cause: "no-output", expected: null, ours: null }];
  const expected = load(expectedPath);
  const ours = load(ourPath);
  if (isFailedFile(expected)) return [];
  if (isFailedFile(ours)) {
    return [{ path: "/", cause: "cannot-open", expected: null, ours: ours[0].error, error: ours[0].error }];
  }
  const byPath = new Map(ours.map((line) => [line.path, line]));
  const expectedPaths = new Set(expected.map((line) => line.path));
  const differences = [];
  for (const line of expected) {
    const other = byPath.get(line.path);
    if (other === undefined) {
      if (line.kind === "error") continue;
      const error = errorAbove(line.path, byPath);
      differences.push({ path: line.path, cause: "missing-path", expected: line.kind, ours: null, error });
    } else if (line.kind !== "error" || other.kind === "error") {
      for (const difference of compareRecords(line, other)) differences.push({ path: line.path, ...difference });
    }
  }
  for (const line of ours) {
    if (!expectedPaths.has(line.path)) {
      differences.push({ path: line.path, cause: "extra-path", expected: null, ours: line.kind });
    }
  }
  if (differences.length === 0) {
    const a = expected.filter((line) => byPath.has(line.path)).map((line) => line.path);
    const b = ours.filter((line) => expectedPaths.has(line.path)).map((line) => line.path);
    if (!isDeepStrictEqual(a, b)) differences.push({ path: "/", cause: "line-order", expected: null, ours: null });
  }
  return differences;
}

function isFailedFile(lines) {
  return lines.length === 1 && lines[0].kind === "error" && lines[0].path === "/";
}

/** The error of the nearest object above `path` that we have a line for. */
function errorAbove(path, byPath) {
  let above = path;
  while (above !== "/") {
    above = above.slice(0, above.lastIndexOf("/")) || "/";
    const line = byPath.get(above);
    if (line !== undefined) return line.error;
  }
  return undefined;
}

function compareRecords(expected, ours) {
  const attributes = () => compareAttributes(expected.attrs, ours.attrs);
  if (expected.error !== undefined && ours.error !== undefined && expected.kind === ours.kind) return attributes();
  if (expected.error !== undefined && ours.error === undefined) return [];
  if (ours.error !== undefined && expected.error === undefined) {
    return [{ cause: "error", expected: null, ours: ours.error, error: ours.error }];
  }
  const differences = [];
  for (const key of new Set([...Object.keys(expected), ...Object.keys(ours)])) {
    if (insignificant.has(key) || isDeepStrictEqual(expected[key], ours[key])) continue;
    differences.push({ cause: key === "sha256" ? "value" : key, expected: expected[key], ours: ours[key] });
  }
  return [...differences, ...attributes()];
}

function compareAttributes(expected = [], ours = []) {
  if (!Array.isArray(expected)) return [];
  if (!Array.isArray(ours)) {
    return [{ cause: "attributes-error", expected: null, ours: ours.error, error: ours.error }];
  }
  const differences = [];
  const byName = new Map(ours.map((attribute) => [attribute.name, attribute]));
  const names = new Set(expected.map((attribute) => attribute.name));
  for (const attribute of expected) {
    const other = byName.get(attribute.name);
    if (other === undefined) {
      differences.push({ cause: "attribute-missing", expected: attribute.name, ours: null });
      continue;
    }
    for (const difference of compareRecords(attribute, other)) {
      differences.push({ ...difference, cause: `attribute-${difference.cause}`, attribute: attribute.name });
    }
  }
  for (const attribute of ours) {
    if (!names.has(attribute.name)) {
      differences.push({ cause: "attribute-extra", expected: null, ours: attribute.name });
    }
  }
  const order = (list) => list.map((attribute) => attribute.name);
  if (differences.length === 0 && !isDeepStrictEqual(order(expected), order(ours))) {
    differences.push({ cause: "attribute-order", expected: order(expected), ours: order(ours) });
  }
  return differences;
}

/** `identical`, `unsupported` (every difference is our own `unsupported` error) or `wrong`. */
export function verdict(differences) {
  if (differences.length === 0) return "identical";
  return differences.every((difference) => difference.error === "unsupported") ? "unsupported" : "wrong";
}
