import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/cli/command-line.js";

const golden = (name: string) => fileURLToPath(new URL(`../../golden-files/${name}`, import.meta.url));

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
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
