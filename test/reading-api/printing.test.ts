import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import { ComplexArray, createSync, ndarray, open, openSync } from "../../src/format/index.js";
import { DatetimeIndex, Persistable, ProxyDataset, property, Timestamp } from "../../src/serialization/index.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

function sample(): Uint8Array {
  const file = createSync();
  const group = file.createGroupSync("entry");
  const data = group.createDatasetSync("data", { data: new Float32Array(6), shape: [2, 3] });
  group.createDatasetSync("number", { data: 5 });
  group.createDatasetSync("nothing", { dtype: "int16", data: null });
  group.createDatasetSync("table", {
    data: [
      { x: 1, label: "a" },
      { x: 2, label: "b" },
    ],
    shape: [2],
    dtype: {
      kind: "compound",
      members: [
        { name: "x", dtype: "int32" },
        { name: "label", dtype: "string" },
      ],
    },
  });
  group.createDatasetSync("waves", { data: new ComplexArray(Float64Array.of(1, 2, 3, -4)) });
  file.commitDatatypeSync("type", { kind: "string", length: 8 });
  file.createDatasetSync("references", { data: [data.reference(), null], dtype: "object-reference" });
  file.flushSync();
  return file.bytes();
}

const bytes = sample();
const files = async (): Promise<HDF5File[]> => [
  openSync(bytes),
  await open(new NothingResidentSource(bytes)),
  openSync(bytes.slice(), { mode: "r+" }),
];

/** Own fields but the one that keeps a handle from being cloned. */
function shownKeys(handle: object): string[] {
  return Object.keys(handle)
    .filter((key) => key !== "notCloneable")
    .sort();
}

describe("what console.log prints", () => {
  it("of objects in a file is one line of what they are", async () => {
    for (const file of await files()) {
      const lines: readonly (readonly [unknown, string])[] = [
        [await file.get("entry"), 'Group "/entry"'],
        [await file.get("/"), 'Group "/"'],
        [await file.get("entry/data"), 'Dataset "/entry/data" (2, 3) float32'],
        [await file.get("entry/number"), 'Dataset "/entry/number" scalar float64'],
        [await file.get("entry/nothing"), 'Dataset "/entry/nothing" null int16'],
        [await file.get("entry/table"), 'Dataset "/entry/table" (2) compound {x: int32, label: string}'],
        [await file.get("type"), 'CommittedDatatype "/type" string[8] (utf-8, null-padded)'],
        [(await file.get("entry/data")).attrs, 'Attributes of "/entry/data"'],
        [file.attrs, 'Attributes of "/"'],
      ];
      for (const [object, line] of lines) {
        expect(inspect(object)).toBe(line);
        expect(String(object)).toBe(line);
        expect(inspect({ nested: [object] }, { breakLength: 200 })).toBe(`{ nested: [ ${line} ] }`);
      }
    }
  });

  it("of a file tells its state", async () => {
    const [file, later, writable] = await files();
    expect(inspect(file)).toBe('HDF5File "memory" (read-only)');
    expect(inspect(later)).toBe('HDF5File "nothing resident" (read-only)');
    expect(inspect(writable)).toBe('HDF5File "memory" (writable)');
    file.closeSync();
    expect(inspect(file)).toBe('HDF5File "memory" (closed)');
  });

  it("of an object without a path says where it is", () => {
    const file = openSync(bytes);
    const { address } = file.getSync("entry/data");
    const fresh = openSync(bytes).objectAtSync(address);
    expect(inspect(fresh)).toBe(`Dataset at byte ${address} (2, 3) float32`);
    expect(inspect(fresh.attrs)).toBe(`Attributes of the object at byte ${address}`);
  });

  it("of values has what they hold", () => {
    const file = openSync(bytes);
    const table = file.datasetSync("entry/table").readSync([null]);
    expect(inspect(table.data)).toBe("CompoundArray(2) {x, label}");
    const waves = file.datasetSync("entry/waves").readSync([null]);
    expect(inspect(waves.data)).toBe("ComplexArray(2) [1+2i, 3-4i]");
    expect(inspect(new ComplexArray(new Float64Array(300)))).toBe(
      `ComplexArray(150) [${"0+0i, ".repeat(100)}… 50 more]`,
    );
    expect(inspect(file.datasetSync("references").readSync([null]).data)).toBe(
      `[\n  ObjectReference {\n    kind: 'object-reference',\n    address: ${file.getSync("entry/data").address},\n    file: null\n  },\n  null\n]`,
    );
    expect(inspect(file.datasetSync("entry/data").readSync([0, null]))).toBe(
      "{\n  data: Float32Array(3) [ 0, 0, 0 ],\n  shape: [ 3 ],\n  stride: [ 1 ],\n  dtype: 'float32'\n}",
    );
  });

  it("of lazy data and times is what their texts say", async () => {
    class Scan extends Persistable.define("printing.Scan", { data: property<unknown>(), at: property<unknown>() }) {}
    const saved = await new Scan({ data: ndarray([1, 2, 3]), at: Timestamp.from("2024-05-17T21:04:00Z") }).toBytes();
    const lazy = await Scan.open(saved);
    expect(lazy.data).toBeInstanceOf(ProxyDataset);
    expect(inspect(lazy.data)).toBe("ProxyDataset(/root/data, shape [3], float64)");
    expect(inspect(lazy.at)).toBe("Timestamp 2024-05-17T21:04:00+00:00");
    const times = DatetimeIndex.from(["2024-05-17T21:04:00Z", "NaT"], "UTC");
    expect(inspect({ times })).toBe("{ times: DatetimeIndex(2) [2024-05-17T21:04:00+00:00, NaT] }");
  });

  it("of objects in consoles without hooks are the fields that users know", async () => {
    for (const file of await files()) {
      for (const path of ["/", "entry", "entry/data", "type"]) {
        expect(shownKeys(await file.get(path))).toEqual(
          path === "type" ? ["datatype", "kind", "path"] : ["kind", "path"],
        );
      }
      expect(shownKeys(file.attrs)).toEqual([]);
    }
  });
});
