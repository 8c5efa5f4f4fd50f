#!/usr/bin/env node
/**
 * Checks the imports of `src/`: they point down the layers only, form no cycle (types and what is loaded on demand
 * aside), and none outside `src/cli` names a built-in of Node. Prints each violation; exit status 1 when there is one.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, posix, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Layers from the bottom up; modules of one entry share a rank and may import each other. */
const layers = [
  [/^arguments\//],
  [/^format\/(errors|limits)\.ts$/],
  [/^format\/storage\//],
  [/^format\/structures\//],
  [/^format\/(datatypes|selection|filters|chunks)\//],
  [/^format\/objects\//],
  [/^format\/[^/]+\.ts$/],
  [/^serialization\//, /^filters\//],
  [/^(index|all)\.ts$/],
  [/^cli\//],
];
const formatEntry = "format/index.ts";

function rankOf(path) {
  return layers.findIndex((patterns) => patterns.some((pattern) => pattern.test(path)));
}

/** Every import and re-export of a module: `{ specifier, typeOnly, onDemand }`. */
function importsOf(source) {
  const found = [];
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  for (const match of code.matchAll(/^\s*(import|export)\s+(type\s)?([^"';]*?\sfrom\s*)?["']([^"']+)["']/gm)) {
    const [, keyword, type, clause, specifier] = match;
    if (keyword === "export" && clause === undefined) continue;
    found.push({ specifier, typeOnly: type !== undefined, onDemand: false });
  }
  for (const match of code.matchAll(/(?<!typeof\s)\bimport\(\s*["']([^"']+)["']\s*\)/g)) {
    found.push({ specifier: match[1], typeOnly: false, onDemand: true });
  }
  return found;
}

/** The violations of the tree at `sourceDirectory`, one line each. */
export function checkImports(sourceDirectory) {
  const problems = [];
  const edges = new Map();
  const modules = readdirSync(sourceDirectory, { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.replaceAll("\\", "/"))
    .sort();
  for (const path of modules) {
    const rank = rankOf(path);
    if (rank < 0) problems.push(`${path}: belongs to no layer`);
    const targets = [];
    edges.set(path, targets);
    for (const { specifier, typeOnly, onDemand } of importsOf(readFileSync(join(sourceDirectory, path), "utf8"))) {
      if (!specifier.startsWith(".")) {
        const name = specifier.replace(/^node:/, "").split("/")[0];
        if (!typeOnly && builtinModules.includes(name) && !path.startsWith("cli/")) {
          problems.push(`${path}: imports ${specifier}, which only some runtimes have`);
        }
        continue;
      }
      const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts");
      if (!existsSync(join(sourceDirectory, target))) {
        problems.push(`${path}: ${specifier} does not exist`);
        continue;
      }
      if (rankOf(target) > rank) problems.push(`${path}: imports ${target}, which is above it`);
      if (path.startsWith("serialization/") && target.startsWith("format/") && target !== formatEntry) {
        problems.push(`${path}: imports ${target}; only the public API of the format layer is for it`);
      }
      if (!typeOnly && !onDemand) targets.push(target);
    }
  }
  return [...problems, ...cycles(edges)];
}

/** One line for each cycle that a depth-first walk meets. */
function cycles(edges) {
  const problems = [];
  const state = new Map();
  const trail = [];
  const visit = (path) => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      problems.push(`import cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" → ")}`);
      return;
    }
    state.set(path, "open");
    trail.push(path);
    for (const target of edges.get(path) ?? []) visit(target);
    trail.pop();
    state.set(path, "done");
  };
  for (const path of edges.keys()) visit(path);
  return problems;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const source = join(dirname(fileURLToPath(import.meta.url)), "../src");
  const problems = checkImports(source);
  for (const problem of problems) console.error(problem);
  console.log(`${relative(process.cwd(), source)}: ${problems.length} violations`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
