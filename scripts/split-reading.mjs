/**
 * A plugin of the build that splits modules in two: the declarations that reading needs, and the rest.
 *
 * In the sources the bytes of one structure are decoded and encoded in one file. Bundlers split no modules: a page that
 * only reads would download every encoder. What an entry needs is found by following names from declaration to
 * declaration, as tree shaking does; what a module has beyond that becomes the module `name.ts?rest`, which imports
 * what it shares, and imports of it are redirected there. Statements keep their lines, so that source maps stay right.
 */

import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import ts from "typescript";

const suffix = "?rest";

/** The names that a declaration refers to: all identifiers but those of types and properties. */
function namesIn(statement) {
  const names = new Set();
  const visit = (node) => {
    if (ts.isExpressionWithTypeArguments(node)) {
      if (node.parent.token === ts.SyntaxKind.ExtendsKeyword) visit(node.expression);
      return;
    }
    if (ts.isTypeNode(node)) return;
    const { parent } = node;
    if (ts.isIdentifier(node) && !(ts.isPropertyAccessExpression(parent) && parent.name === node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return names;
}

function bindingNames(name) {
  return ts.isIdentifier(name) ? [name.text] : name.elements.flatMap((element) => bindingNames(element.name));
}

/** The names that a top-level statement declares. */
function declaredNames(statement) {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => bindingNames(name));
  }
  const isDeclaration = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
  return isDeclaration || ts.isEnumDeclaration(statement) ? [statement.name.text] : [];
}

function isOfTypes(statement) {
  return (
    ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isModuleDeclaration(statement)
  );
}

/** The parts of one module. */
class Module {
  /** Import and export declarations with a specifier: `{ statement, target, names: [{ name, local }] }`. */
  links = [];
  /** Other statements: `{ statement, declares, uses }`. */
  statements = [];
  /** The statement that declares a name. */
  declarations = new Map();
  /** Where an imported or re-exported name comes from: `{ target, name }`. */
  imports = new Map();
  exports = new Map();
  /** Statements that the entry needs. */
  needed = new Set();

  constructor(path) {
    this.source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
    for (const statement of this.source.statements) {
      const isLink = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
      if (isLink && statement.moduleSpecifier !== undefined) this.#addLink(path, statement);
      else if (!isOfTypes(statement)) {
        const part = { statement, declares: declaredNames(statement), uses: namesIn(statement) };
        this.statements.push(part);
        for (const name of part.declares) this.declarations.set(name, part);
      }
    }
  }

  #addLink(path, statement) {
    const clause = statement.importClause ?? statement;
    const specifier = statement.moduleSpecifier.text;
    const target = specifier.startsWith(".") ? resolve(dirname(path), specifier.replace(/\.js$/, ".ts")) : null;
    const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause;
    if (clause.isTypeOnly) return;
    const names =
      bindings?.elements
        ?.filter(({ isTypeOnly }) => !isTypeOnly)
        .map((element) => ({ name: (element.propertyName ?? element.name).text, local: element.name.text })) ?? null;
    this.links.push({ statement, target, specifier, names });
    const known = ts.isImportDeclaration(statement) ? this.imports : this.exports;
    for (const { name, local } of names ?? []) known.set(local, { target, name });
  }

  /** Whether there is something besides what is needed. */
  get isSplit() {
    return this.needed.size > 0 && this.statements.some((part) => part.declares.length > 0 && !this.needed.has(part));
  }
}

/** The modules below `directory`, with what the exports of `entry` need marked. */
function analyze(directory, entry) {
  const paths = readdirSync(directory, { recursive: true }).filter((path) => /(?<!\.d)\.ts$/.test(path));
  const modules = new Map(paths.map((path) => [resolve(directory, path), new Module(resolve(directory, path))]));
  const start = resolve(directory, entry);
  const wanted = [...modules.get(start).exports.keys()].map((name) => [start, name]);
  const want = (module, path, wantedName) => {
    const from = module.imports.get(wantedName) ?? module.exports.get(wantedName);
    if (module.declarations.has(wantedName)) wanted.push([path, wantedName]);
    else if (from !== undefined && modules.has(from.target)) wanted.push([from.target, from.name]);
  };
  for (let next = wanted.pop(); next !== undefined; next = wanted.pop()) {
    const [path, wantedName] = next;
    const module = modules.get(path);
    const part = module.declarations.get(wantedName);
    if (part === undefined) {
      want(module, path, wantedName);
      continue;
    }
    // Statements that declare nothing may have effects on those that are needed.
    const parts = [part, ...module.statements.filter(({ declares }) => declares.length === 0)];
    for (const each of parts) {
      if (module.needed.has(each)) continue;
      module.needed.add(each);
      for (const used of each.uses) want(module, path, used);
    }
  }
  return modules;
}

/** Where the module at `path` finds what module `target` exports as `name`: `[specifier, name there]`. */
function originOf(modules, path, target, name) {
  const module = modules.get(target);
  const part = module.declarations.get(name);
  const next = module.exports.get(name);
  if (part === undefined && modules.has(next?.target)) return originOf(modules, path, next.target, next.name);
  const way = relative(dirname(path), target).replaceAll("\\", "/").replace(/\.ts$/, ".js");
  const half = module.isSplit && part !== undefined && !module.needed.has(part) ? suffix : "";
  return [`${way.startsWith(".") ? "" : "./"}${way}${half}`, name];
}

/** An import or re-export of a module, with what it leads to where that has been split. */
function linkOf(modules, path, { statement, target, specifier, names }) {
  const bySpecifier = new Map();
  for (const { name, local } of names) {
    const [from, origin] = modules.has(target) ? originOf(modules, path, target, name) : [specifier, name];
    bySpecifier.set(from, [...(bySpecifier.get(from) ?? []), `${origin} as ${local}`]);
  }
  const keyword = ts.isImportDeclaration(statement) ? "import" : "export";
  return [...bySpecifier]
    .map(([from, list]) => `${keyword} { ${list.join(", ")} } from ${JSON.stringify(from)};`)
    .join("");
}

function isExported({ statement }) {
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

/** The text of a module, or of one of its halves, whose imports lead to the halves of others. */
function textOf(modules, path, isRest) {
  const module = modules.get(path);
  const kept = module.statements.filter((part) => !module.isSplit || module.needed.has(part) !== isRest);
  const uses = new Set(kept.flatMap((part) => [...part.uses]));
  const edits = module.statements.filter((part) => !kept.includes(part)).map(({ statement }) => [statement, ""]);
  for (const link of module.links) {
    const isImport = ts.isImportDeclaration(link.statement);
    if (link.names === null) {
      if (modules.get(link.target)?.isSplit === true) throw new Error(`${path}: import names of ${link.specifier}`);
      if (isRest) edits.push([link.statement, ""]);
      continue;
    }
    // What a split module passes on is imported from where it comes.
    const names = link.names.filter(({ local }) => (isImport ? uses.has(local) : !module.isSplit));
    edits.push([link.statement, linkOf(modules, path, { ...link, names })]);
  }
  let { text } = module.source;
  for (const [statement, replacement] of edits.sort(([one], [other]) => other.pos - one.pos)) {
    const start = statement.getStart();
    const end = statement.getEnd();
    const lines = text.slice(start, end).replace(/[^\n]/g, "");
    text = text.slice(0, start) + replacement + lines + text.slice(end);
  }
  if (!module.isSplit) return text;
  const rest = module.statements.filter((part) => !module.needed.has(part));
  const usedByRest = new Set(rest.flatMap((part) => [...part.uses]));
  const shared = [...module.needed].flatMap(({ declares }) => declares).filter((name) => usedByRest.has(name));
  const hidden = shared.filter((name) => !isExported(module.declarations.get(name)));
  if (!isRest) return `${text}export { ${hidden.join(", ")} };\n`;
  return `${text}import { ${shared.join(", ")} } from ${JSON.stringify(`./${basename(path, ".ts")}.js`)};\n`;
}

/** `text` with a source map of its lines to those of the module it was made from. */
function withMap(text, { source }) {
  const map = {
    version: 3,
    sources: [basename(source.fileName)],
    sourcesContent: [source.text],
    names: [],
    mappings: `AAAA${";AACA".repeat(source.text.split("\n").length - 1)}`,
  };
  const encoded = Buffer.from(JSON.stringify(map)).toString("base64");
  return `${text}\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

/** Splits the modules below `directory` into what the exports of `entry` need, and the rest. */
export function splitReading(directory, entry) {
  return {
    name: "split-reading",
    setup(build) {
      const modules = analyze(resolve(directory), entry);
      build.onResolve({ filter: /\?rest$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path.slice(0, -suffix.length).replace(/\.js$/, ".ts")),
        suffix,
        sideEffects: false,
      }));
      build.onLoad({ filter: /\.ts$/ }, ({ path, suffix: half }) =>
        modules.has(path)
          ? { contents: withMap(textOf(modules, path, half === suffix), modules.get(path)), loader: "ts" }
          : undefined,
      );
    },
  };
}
