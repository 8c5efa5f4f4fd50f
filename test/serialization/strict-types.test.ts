/**
 * Programs of users, type-checked as users do: against the declarations, under every strict setting, by both ways of
 * finding modules that are recommended, and without the types of a browser.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const project = fileURLToPath(new URL("strict-project/", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "strict-types-"));
const programs = readdirSync(project).map((name) => join(directory, name));
/** One that other tests run. */
const stations = join(directory, "stations.ts");
const files = [...programs, stations];
const library = join(directory, "node_modules", "jangada");

const strict: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  declaration: true,
  noEmit: true,
  types: [],
};
const node16 = { ...strict, module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 };
const bundler = { ...strict, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };

/** Writes the declarations of the library, as a package has them. */
function writeLibrary(): void {
  const config = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.json"), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  });
  const options = { ...config?.options, noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: library };
  const entry = join(root, "src/index.ts");
  const program = ts.createProgram([entry], { ...options, rootDir: join(root, "src"), stripInternal: true });
  program.emit(undefined, (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  });
  const manifest = { name: "jangada", type: "module", exports: { ".": { types: "./index.d.ts" } } };
  writeFileSync(join(library, "package.json"), JSON.stringify(manifest));
}

beforeAll(() => {
  writeLibrary();
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  for (const file of programs) writeFileSync(file, readFileSync(join(project, relative(directory, file))));
  const source = readFileSync(new URL("stations.ts", import.meta.url), "utf8");
  writeFileSync(stations, source.replace('"../../src/index.js"', '"jangada"'));
}, 300_000);

afterAll(() => rmSync(directory, { recursive: true }));

function problems(options: ts.CompilerOptions): readonly string[] {
  const program = ts.createProgram(files, options);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (file === undefined || start === undefined) return text;
    const { line } = file.getLineAndCharacterOfPosition(start);
    return `${relative(directory, file.fileName)}:${line + 1}: ${text}`;
  });
}

describe("programs of users", () => {
  it("compile as node16 modules", () => {
    expect(problems(node16)).toEqual([]);
  }, 300_000);

  it("compile for a bundler", () => {
    expect(problems(bundler)).toEqual([]);
  }, 300_000);

  it("contain no cast", () => {
    for (const file of files) {
      const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
      const casts: string[] = [];
      const look = (node: ts.Node): void => {
        const cast = ts.isAsExpression(node) || ts.isTypeAssertionExpression(node) || ts.isNonNullExpression(node);
        if (cast || node.kind === ts.SyntaxKind.AnyKeyword) casts.push(node.getText());
        ts.forEachChild(node, look);
      };
      look(source);
      expect(casts, file).toEqual([]);
    }
  });
});

/** What TypeScript says of one file. */
function problemsOf(source: string): readonly string[] {
  const file = join(directory, "single.ts");
  writeFileSync(file, source);
  const program = ts.createProgram([file], bundler);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

describe("TypeScript itself", () => {
  // When this fails, properties can be assigned what the constructor takes.
  it("keeps accessors of two types where their names are written down, and loses them in computed types", () => {
    const accessors = "interface Two { get data(): string; set data(value: string | number) }\n";
    const assign = (type: string): string => `${accessors}declare const object: ${type};\nobject.data = 1;\nexport {};`;
    expect(problemsOf(assign("Two"))).toEqual([]);
    expect(problemsOf(assign("Two & { readonly more: 1 }"))).toEqual([]);
    const refused = [expect.stringMatching("Type 'number' is not assignable to type 'string'")];
    expect(problemsOf(assign("{ [Key in keyof Two]: Two[Key] }"))).toEqual(refused);
    expect(problemsOf(assign("Pick<Two, 'data'>"))).toEqual(refused);
    expect(problemsOf(`export interface Named<Key extends string> { get [key: Key](): string }`)).not.toEqual([]);
  }, 300_000);
});

describe("the text that editors show", () => {
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => node16,
    getScriptFileNames: () => files,
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) => {
      const text = ts.sys.readFile(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => directory,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  };
  const service = ts.createLanguageService(host);

  /** What is shown of the first place of `text` after `after`. */
  function shown(after: string, text: string): string {
    const file = join(directory, "seed.ts");
    const source = readFileSync(file, "utf8");
    const place = source.indexOf(text, source.indexOf(after)) + text.length - 1;
    const info = service.getQuickInfoAtPosition(file, place);
    return ts.displayPartsToString(info?.displayParts);
  }

  it("names the types of properties", () => {
    expect(shown("lazyLoading", "exp.name")).toBe("(property) name: string");
    expect(shown("lazyLoading", "exp.temperature")).toBe("(property) temperature: number");
    expect(shown("lazyLoading", "exp.data")).toBe('(property) data: ProxyDataset<"float64"> | null');
    expect(shown("basicSaveAndLoad", "again.data")).toBe(
      '(property) data: NDArray<"float64", Float64Array<ArrayBufferLike>> | null',
    );
    expect(shown("incrementalCollection", "open.data")).toBe('(property) data: ProxyDataset<"float64">');
    expect(shown("nestedObjects", "loaded.measurements")).toBe("(property) measurements: Measurement[]");
    expect(shown("nestedObjects", "loaded.byName")).toBe("(property) byName: Record<string, Measurement>");
    expect(shown("nestedObjects", "loaded.best")).toBe("(property) best: Measurement | null");
    expect(shown("typeMapping", "exp.items")).toBe("(property) items: unknown[]");
    expect(shown("typeMapping", "exp.whatever")).toBe("(property) whatever: unknown");
    expect(shown("onlySome", "part.when")).toBe("(property) when: Timestamp | null");
  }, 300_000);

  it("names classes", () => {
    expect(shown("basicSaveAndLoad", "again")).toBe("const again: Experiment");
    expect(shown("lazyLoading", "using exp")).toMatch(
      /^(await )?(await using|const|let|using) exp: Lazy<Experiment, .*>$/,
    );
  }, 300_000);
});
