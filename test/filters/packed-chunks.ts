import { fileURLToPath } from "node:url";
import type { Dataset } from "../../src/format/index.js";
import { openSync } from "../../src/format/index.js";
import { python, readScratch, scratchPath } from "../structures/support.js";

/** A dataset that libhdf5 packed. */
export interface PackedDataset {
  readonly name: string;
  readonly dataset: Dataset;
  readonly clientData: readonly number[];
  /** The fill value that was asked for, in the dataset's type. */
  readonly fill: Uint8Array | null;
  /** Whether a fill value is defined, be it the default one. */
  readonly defined: boolean;
  readonly scaleFactor: number | null;
  readonly chunks: readonly { readonly plain: Uint8Array; readonly packed: Uint8Array; readonly filterMask: number }[];
}

interface Answer {
  readonly name: string;
  readonly fill: string | null;
  readonly defined: boolean;
  readonly scaleFactor: number | null;
  readonly chunks: readonly (readonly [plain: string, packed: string, filterMask: number])[];
}

const directories = ["./", "../property/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

/** Datasets of many types and values that libhdf5 packed with one filter; see `packed_chunks.py`. */
export function packedDatasets(filter: "nbit" | "scaleoffset"): PackedDataset[] {
  const name = `${filter}.h5`;
  const answers = python(`
import sys
sys.path[:0] = ${JSON.stringify(directories)}
from packed_chunks import make
print(json.dumps(make(${JSON.stringify(scratchPath(name))}, ${JSON.stringify(filter)})))
`) as Answer[];
  const file = openSync(readScratch(name));
  return answers.map((answer) => {
    const dataset = file.getSync(answer.name);
    if (dataset.kind !== "dataset") throw new Error(`"${answer.name}" is no dataset`);
    return {
      ...answer,
      dataset,
      clientData: dataset.filters[0].clientData,
      fill: answer.fill === null ? null : bytesOf(answer.fill),
      chunks: answer.chunks.map(([plain, packed, filterMask]) => ({
        plain: bytesOf(plain),
        packed: bytesOf(packed),
        filterMask,
      })),
    };
  });
}
