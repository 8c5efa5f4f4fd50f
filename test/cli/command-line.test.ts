import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/cli/command-line.js";
import type { Group } from "../../src/format/index.js";
import { create, open } from "../../src/format/index.js";

const directory = mkdtempSync(join(tmpdir(), "jangada-cli-"));
const scratch = (name: string) => join(directory, name);
afterAll(() => rmSync(directory, { recursive: true }));

const golden = (name: string) => fileURLToPath(new URL(`../../golden-files/${name}`, import.meta.url));

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** What was written, in the order of writing. */
async function writesOf(args: readonly string[]): Promise<string[]> {
  const writes: string[] = [];
  const write = async (text: string): Promise<void> => {
    writes.push(text);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const status = await runCommandLine(args, { write, writeError: (text) => void writes.push(text), colors: false });
  expect(status).toBe(0);
  return writes;
}

async function jangada(args: readonly string[], colors = false): Promise<Outcome> {
  let output = "";
  let errors = "";
  const status = await runCommandLine(args, {
    write: (text) => {
      output += text;
    },
    writeError: (text) => {
      errors += text;
    },
    colors,
  });
  return { status, output, errors };
}

describe("jangada ls", () => {
  it("prints as it goes down, however deep", async () => {
    const path = scratch("deep.h5");
    const file = await create(path);
    let group: Group = file;
    for (let depth = 0; depth < 600; depth++) group = await group.createGroup("g");
    await file.close();
    for (const args of [
      ["ls", path],
      ["ls", "--json", path],
    ]) {
      const writes = await writesOf(args);
      expect(writes.join("").match(/\bg\b/g)?.length).toBeGreaterThanOrEqual(600);
      expect(Math.max(...writes.map((text) => text.length))).toBeLessThan(40_000);
    }
  });

  it("prints the tree with shapes, types, filters and attributes", async () => {
    const { status, output, errors } = await jangada(["ls", golden("experiment.h5")]);
    expect(errors).toBe("");
    expect(status).toBe(0);
    expect(output).toBe(
      `/
├── @NX_class = "NXroot"
├── entry/
│   ├── @operator = "A. Diver"
│   ├── @tags = ["calibrated", "night run"]
│   ├── detector/
│   │   ├── images  uint16  (6, 64, 96)  up to (∞, 64, 96)  chunks (1, 32, 48)  shuffle + deflate 4
│   │   │   ├── @exposure = 0.25
│   │   │   └── @unit = "counts"
│   │   └── trace  float64  (500)  up to (∞)  chunks (128)
│   │       └── @unit = "mV"
│   ├── events  compound {frame: uint32, energy: float64, label: string[8] (ascii, null-padded)}  (5)
│   ├── good  bool  (6)
│   └── start_time  string  scalar
└── latest  -> /entry/detector/images
`,
    );
  });

  it("starts at a path, and shows links of every kind", async () => {
    const { output } = await jangada(["ls", golden("links-old.h5")]);
    expect(output).toContain("external  -> superblock-0.h5:/entry/data");
    expect(output).toContain("loop  -> loop");
    expect(output).toContain("up  = /");
    expect((await jangada(["ls", golden("links-old.h5"), "g/data"])).output).toBe("/g/data  float64  (3)\n");
  });

  it("prints JSON", async () => {
    const { status, output } = await jangada(["ls", "--json", golden("experiment.h5"), "entry"]);
    expect(status).toBe(0);
    const tree = JSON.parse(output) as { readonly children: readonly Record<string, unknown>[] };
    expect(tree).toMatchObject({
      path: "/entry",
      kind: "group",
      attributes: [{ name: "operator", dtype: "string", shape: [], value: "A. Diver" }, { name: "tags" }],
    });
    expect(tree.children.find((child) => child["name"] === "good")).toMatchObject({ dtype: "bool", shape: [6] });
  });

  it("uses colour only when told that it may", async () => {
    const plain = await jangada(["ls", golden("experiment.h5")]);
    const colored = await jangada(["ls", golden("experiment.h5")], true);
    expect(plain.output).not.toContain("\u001b");
    expect(colored.output).toContain("\u001b[34mentry/\u001b[0m");
  });

  it.each([
    "attributes-dense.h5",
    "arrays.h5",
    "committed-types.h5",
    "complex-numbers.h5",
    "compounds.h5",
    "creation-order.h5",
    "dataspaces.h5",
    "enums.h5",
    "filters.h5",
    "floats.h5",
    "integers.h5",
    "opaque-and-bitfields.h5",
    "references.h5",
    "strings.h5",
    "times.h5",
    "variable-length.h5",
  ])("lists %s in both forms", async (name) => {
    for (const args of [["ls"], ["ls", "--json"]]) {
      const { status, output, errors } = await jangada([...args, golden(name)]);
      expect({ status, errors }).toEqual({ status: 0, errors: "" });
      expect(output).not.toContain("[object");
    }
  });
});

describe("jangada dump", () => {
  it("refuses more entries than axes, ranges among them too, and takes those that begin with a minus sign", async () => {
    const path = scratch("few.h5");
    const file = await create(path);
    await file.createDataset("d", { data: Int32Array.of(1, 2, 3, 4, 5) });
    await file.close();
    for (const selection of ["0:3,1", "0:3,1:2", ":,:", "1,1", "0:0,1"]) {
      const { status, output, errors } = await jangada(["dump", path, "d", selection]);
      expect([status, output]).toEqual([1, ""]);
      expect(errors).toMatch(/the selection has 2 entries, the array has 1 axes/);
    }
    expect((await jangada(["dump", path, "d", "-1"])).output).toBe("int32 ()\n5\n");
    expect((await jangada(["dump", "--json", path, "d", "-2:"])).output).toMatch(/"value":\[4,5\]/);
    expect((await jangada(["dump", path, "d", "-2:", "--json"])).output).toMatch(/"value":\[4,5\]/);
    const { status, errors } = await jangada(["dump", path, "d", "-x"]);
    expect([status, errors]).toEqual([2, "jangada: Unknown option '-x' (see jangada --help)\n"]);
  });

  const values = async (...args: string[]) =>
    (JSON.parse((await jangada(["dump", "--json", ...args])).output) as { readonly value: unknown }).value;

  it("prints the values, one line for each run along the last axis", async () => {
    const { status, output } = await jangada(["dump", golden("superblock-0.h5"), "entry/data"]);
    expect(status).toBe(0);
    expect(output).toBe("float64 (4, 3)\n[\n  [0, 1, 2],\n  [3, 4, 5],\n  [6, 7, 8],\n  [9, 10, 11]\n]\n");
  });

  it("prints records one a line", async () => {
    const { output } = await jangada(["dump", golden("experiment.h5"), "entry/events", "0:2"]);
    expect(output.split("\n").slice(1)).toEqual([
      "[",
      '  {frame: 0, energy: 0, label: "peak 0"},',
      '  {frame: 1, energy: 1.5, label: "peak 1"}',
      "]",
      "",
    ]);
  });

  it("takes a selection", async () => {
    const file = golden("superblock-0.h5");
    expect(await values(file, "entry/data", "1:3,:")).toEqual([
      [3, 4, 5],
      [6, 7, 8],
    ]);
    expect(await values(file, "entry/data", "::2,-1")).toEqual([2, 8]);
    expect(await values(file, "entry/data", "3, 0")).toBe(9);
    expect((await jangada(["dump", "--", file, "entry/data", "-1,1:"])).output).toBe("float64 (2)\n[10, 11]\n");
  });

  it("prints every kind of value as JSON", async () => {
    expect(await values(golden("strings.h5"), "variable utf-8", "0:4")).toEqual(["", "a", "naïve", "日本語"]);
    expect(await values(golden("enums.h5"), "bools")).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(await values(golden("integers.h5"), "beu64", "0:3")).toEqual([0, "18446744073709551615", 0]);
    expect(await values(golden("floats.h5"), "lef32", "4:7")).toEqual(["Infinity", "-Infinity", "NaN"]);
    expect(await values(golden("complex-numbers.h5"), "scalar")).toEqual({ re: 0, im: 1 });
    expect(await values(golden("dataspaces.h5"), "null")).toBeNull();
    expect(await values(golden("variable-length.h5"), "ints", "0:2")).toEqual([[1, 2, 3], []]);
    expect(await values(golden("compounds.h5"), "table", "1")).toMatchObject({
      id: 1,
      name: "n1",
      pos: [1, 1.5, -1],
      z: { re: 0.25, im: -1 },
      ok: false,
    });
  });
});

describe("numbers and names", () => {
  const path = scratch("values.h5");
  beforeAll(async () => {
    const file = await create(path);
    await file.createDataset("float32", { data: Float32Array.of(0.1, -0, NaN, -Infinity, 2 ** 24, 1e38) });
    await file.createDataset("float64", { data: Float64Array.of(0.1, -0, NaN, 1e300, 0.1 + 0.2) });
    await file.createDataset("float16", { data: Float32Array.of(0.1, -0, 65504, 2 ** -24), dtype: "float16" });
    await file.createDataset("int64", { data: BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), -1n) });
    const colors = { kind: "enum", base: "int16", members: { red: 1, "light\u0007blue": -2 } } as const;
    await file.createDataset("enum", { data: [1, -2, 7], dtype: colors });
    const members = [
      { name: "color", dtype: colors },
      { name: "pair", dtype: { kind: "array", base: colors, shape: [2] } },
      { name: "big", dtype: "uint64" },
    ] as const;
    const rows = [{ color: -2, pair: [1, 1], big: 2n ** 64n - 1n }];
    await file.createDataset("compound", { data: rows, dtype: { kind: "compound", members } });
    await file.createDataset("grid", { data: new Float64Array(60), shape: [2, 1, 30] });
    await file.createDataset("empty", { shape: [2, 0], dtype: "int8" });
    await file.close();
  });
  const text = async (name: string, ...rest: string[]) =>
    (await jangada(["dump", path, name, ...rest])).output.split("\n").slice(1, -1).join("\n");
  const json = async (name: string) => {
    const { output } = await jangada(["dump", "--json", path, name]);
    JSON.parse(output);
    return output.slice(output.lastIndexOf('"value":') + 8, -2);
  };

  it("are as short as their type allows, and exact", async () => {
    expect(await text("float32")).toBe("[0.1, -0, NaN, -Infinity, 16777216, 1e+38]");
    expect(await text("float64")).toBe("[0.1, -0, NaN, 1e+300, 0.30000000000000004]");
    expect(await text("float16")).toBe("[0.1, -0, 65504, 6e-8]");
    expect(await text("int64")).toBe("[9223372036854775807, -9223372036854775808, -1]");
    expect(await text("float64", "1")).toBe("-0");
  });

  it("are doubles in JSON, strings where JSON has no number for them", async () => {
    expect(await json("float32")).toBe('[0.10000000149011612,-0,"NaN","-Infinity",16777216,9.999999680285692e+37]');
    expect(await json("int64")).toBe('["9223372036854775807","-9223372036854775808",-1]');
  });

  it("have the names of their enumeration, also within records and arrays, safe for a terminal", async () => {
    expect(await text("enum")).toBe("[red, light\\x07blue, 7]");
    expect(await text("compound")).toBe("[\n  {color: light\\x07blue, pair: [red, red], big: 18446744073709551615}\n]");
    expect(await json("enum")).toBe('["red","light\\u0007blue",7]');
    expect(await json("compound")).toBe(
      '[{"color":"light\\u0007blue","pair":["red","red"],"big":"18446744073709551615"}]',
    );
  });

  it("of long rows fill several lines", async () => {
    const zeros = (count: number) => new Array(count).fill("0").join(", ");
    expect(await text("grid", ":,0")).toBe(`[\n  [${zeros(30)}],\n  [${zeros(30)}]\n]`);
    expect(await text("grid")).toBe(`[\n  [\n    [${zeros(30)}]\n  ],\n  [\n    [${zeros(30)}]\n  ]\n]`);
    const file = await open(path, { mode: "r+" });
    await file.createDataset("long", { data: new Float64Array(80) });
    await file.close();
    expect(await text("long")).toBe(`[\n  ${zeros(33)},\n  ${zeros(33)},\n  ${zeros(14)}\n]`);
    expect(await json("grid")).toBe(`[[[${zeros(30)}]],[[${zeros(30)}]]]`.replaceAll(" ", ""));
    expect(await text("empty")).toBe("[]");
  });
});

describe("long output", () => {
  const path = scratch("long.h5");
  beforeAll(async () => {
    const file = await create(path);
    // Nothing is stored: each element is the fill value.
    await file.createDataset("zeros", { shape: [1000, 1000], dtype: "float64", chunks: [100, 100] });
    for (let index = 0; index < 5000; index++) await file.createGroup(`group ${index}`);
    await file.close();
  });

  it.each([[["dump"]], [["dump", "--json"]]])("of %j comes in parts, as fast as it is taken", async (args) => {
    const writes = await writesOf([...args, path, "zeros"]);
    expect(writes.length).toBeGreaterThan(30);
    expect(Math.max(...writes.map((text) => text.length))).toBeLessThan(200_000);
    expect(writes.join("").match(/\b0\b(?=[,\]\n])/g)).toHaveLength(1_000_000);
  });

  it("of ls begins before all has been looked at", async () => {
    const writes = await writesOf(["ls", path]);
    expect(writes[0].split("\n").length).toBeLessThan(2000);
    expect(writes.join("").match(/─ group \d+\/\n/g)).toHaveLength(5000);
  });
});

describe("files that refer to others", () => {
  const path = scratch("link.h5");
  beforeAll(async () => {
    const file = await create(path);
    await file.createExternalLink("away", "values-of-others.h5", "/x");
    await file.close();
    const other = await create(scratch("values-of-others.h5"));
    await other.createDataset("x", { data: [1, 2] });
    await other.close();
  });

  it("are followed into a directory that is named, and not otherwise", async () => {
    expect(await jangada(["dump", path, "away"])).toMatchObject({ status: 1, output: "" });
    const { output } = await jangada(["dump", "--follow-links", directory, path, "away"]);
    expect(output).toBe("float64 (2)\n[1, 2]\n");
  });
});

describe("mistakes", () => {
  it.each([
    [["dump", golden("experiment.h5")], "needs the path of a dataset"],
    [["dump", golden("experiment.h5"), "entry"], "is a group"],
    [["dump", golden("experiment.h5"), "entry/good", "a:b"], '"a:b" is neither an index nor a range'],
    [["dump", golden("experiment.h5"), "entry/good", "1:2:3:4"], "is no range"],
    [["dump", golden("experiment.h5"), "entry/good", "0,"], "is empty"],
    [["ls"], "expected jangada ls FILE [PATH]"],
    [["ls", "a", "b", "c"], "expected jangada ls FILE [PATH]"],
    [["frob", "a"], "unknown command frob"],
    [["--frob"], "--frob"],
  ])("%j is not understood", async (args, message) => {
    const { status, output, errors } = await jangada(args);
    expect(status).toBe(2);
    expect(output).toBe("");
    expect(errors).toContain(message);
    expect(errors.trimEnd().split("\n")).toHaveLength(1);
  });

  it.each([
    [["ls", golden("missing.h5")], "missing.h5"],
    [["ls", golden("make-golden-files.py")], "make-golden-files.py"],
    [["ls", golden("experiment.h5"), "entry/nothing/here"], "nothing"],
    [["dump", golden("experiment.h5"), "entry/good", "17"], "17"],
  ])("%j fails with one line", async (args, message) => {
    const { status, output, errors } = await jangada(args);
    expect(status).toBe(1);
    expect(output).toBe("");
    expect(errors).toMatch(/^jangada: .*\n$/);
    expect(errors).toContain(message);
  });

  it("prints help and the version", async () => {
    expect((await jangada(["--help"])).output).toContain("jangada dump FILE PATH [SELECTION]");
    expect((await jangada([])).status).toBe(2);
    expect((await jangada(["--version"])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("files behind a URL", () => {
  const bytes = readFileSync(golden("superblock-0.h5"));
  const server = createServer((request, response) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const start = range === null ? 0 : Number(range[1]);
    const end = range === null ? bytes.length : Math.min(Number(range[2]) + 1, bytes.length);
    const headers = {
      "accept-ranges": "bytes",
      "content-length": end - start,
      etag: '"1"',
      ...(range === null ? {} : { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` }),
    };
    response.writeHead(range === null ? 200 : 206, headers);
    response.end(request.method === "HEAD" ? undefined : bytes.subarray(start, end));
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => void server.close());

  it("are read like local ones", async () => {
    const { port } = server.address() as AddressInfo;
    const { status, output } = await jangada(["dump", `http://127.0.0.1:${port}/x.h5`, "entry/data", "0,:"]);
    expect(status).toBe(0);
    expect(output).toBe("float64 (3)\n[0, 1, 2]\n");
  });
});

describe("text that is not UTF-8", () => {
  const file = golden("other-encodings.h5");

  it("is printed with escapes, beside the attributes that are fine", async () => {
    const { status, output, errors } = await jangada(["ls", file]);
    expect([status, errors]).toEqual([0, ""]);
    const attributes = output.split("\n").filter((line) => line.startsWith("    ├── @"));
    expect(attributes).toEqual([
      "    ├── @exposure = 0.25",
      '    ├── @full = ["abc", "de"]',
      '    ├── @label = "é!"',
      '    ├── @length unit = "\\xb5m"',
      '    ├── @operator = "M\\xfcller"',
      '    ├── @seasons = ["\\xe9t\\xe9", "hiver"]',
      "    ├── @temp\\xe9rature = 21.5",
      '    ├── @title = "naïve"',
      '    ├── @unit = "\\xb0C"',
    ]);
    expect(output).toContain("├── caf\\xe9/\n");
    expect(output).toContain("z\\xfcrich  -> caf\\xe9");
    expect((await jangada(["dump", file, "instrument/fixed"])).output).toContain('["ok", "caf\\xe9", "\\xb0"]');
    expect((await jangada(["dump", file, "instrument/caf\\xe9"])).errors).toContain("is a group");
    const { output: json } = await jangada(["dump", "--json", file, "instrument/variable"]);
    expect(JSON.parse(json)).toMatchObject({ value: ["ok", "naïve", "\\xb0C"] });
  });

  it("is read as --strings says", async () => {
    const listed = await jangada(["ls", "--strings", "latin1", file]);
    expect(listed.output).toContain('@unit = "°C"');
    const dumped = await jangada(["dump", "--strings=replace", file, "instrument/fixed"]);
    expect(dumped.output).toContain('["ok", "caf\ufffd", "\ufffd"]');
    const bytes = await jangada(["dump", "--json", "--strings=bytes", file, "instrument/variable", "2"]);
    expect(JSON.parse(bytes.output)).toMatchObject({ value: [0xb0, 0x43] });
    const refused = await jangada(["ls", "--strings", "ebcdic", file]);
    expect([refused.status, refused.errors]).toEqual([
      2,
      "jangada: --strings is utf8, latin1, replace, bytes, not ebcdic (see jangada --help)\n",
    ]);
  });
});
