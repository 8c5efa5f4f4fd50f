/** h5py and h5dump as judges of images that a crash left. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { fillScript } from "./files.js";
import type { ObjectSnapshot, Snapshot } from "./snapshot.js";

const python = "/usr/bin/python3";

/** Whether h5py and h5dump are there to judge. */
export const hasJudges =
  spawnSync(python, ["-c", "import h5py"]).status === 0 && spawnSync("h5dump", ["--version"]).status === 0;

if (!hasJudges) {
  if (process.env["CI"] !== undefined) throw new Error("the crash tests need python3 with h5py, and h5dump");
  console.warn("skipped: crash images are not judged by h5py (python3 has no h5py, or there is no h5dump)");
}

const directory = mkdtempSync(join(tmpdir(), "crash-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function run(script: string, args: readonly string[]): string {
  const { status, stdout, stderr, signal } = spawnSync(python, ["-c", script, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${stderr}\n(status ${status}, signal ${signal})`);
  return stdout;
}

/** The base file as h5py writes it; `padding` bytes move what it writes later. */
export function baseByH5py(libver: "" | "latest", trackOrder: boolean, padding = 0): Uint8Array {
  const path = join(directory, `base-${libver}-${trackOrder}.h5`);
  run(fillScript, [path, libver, String(trackOrder), String(padding)]);
  return new Uint8Array(readFileSync(path));
}

const judgeScript = `
import h5py, json, numpy as np, sys, subprocess, traceback
def attributes(o):
    return [[n, repr(o.attrs[n])] for n in o.attrs if not n.startswith('zz')]
def snapshot(f):
    found = {}
    def visit(g, path):
        names = [n for n in g if not n.startswith('zz')]
        found[path] = [json.dumps([names, attributes(g)]), []]
        for n in names:
            if not isinstance(g.get(n, getlink=True), h5py.HardLink): continue
            o = g[n]
            if isinstance(o, h5py.Dataset):
                values = np.asarray(o[()]).reshape(-1).tolist() if o.shape is not None else []
                found[path + '/' + n] = [json.dumps([o.shape, o.maxshape, attributes(o)]), [repr(v) for v in values]]
            else: visit(o, path + '/' + n)
    visit(f, '')
    return found
def edit(o):
    o.attrs['zz'] = 'from Python'
    if isinstance(o, h5py.Dataset):
        if o.size: o[...] = o[...]
        return
    for n in list(o):
        if isinstance(o.get(n, getlink=True), h5py.HardLink): edit(o[n])
    o.create_group('zz_group').attrs['a'] = 1
    o.create_dataset('zz_data', data=list(range(50)), chunks=(10,), maxshape=(None,))
results = []
for path in json.load(open(sys.argv[1])):
    try:
        with h5py.File(path, 'r') as f: before = snapshot(f)
        dumped = subprocess.run(['h5dump', path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if dumped.returncode != 0: raise Exception(f'h5dump: {dumped.returncode} {dumped.stderr[-500:]}')
        with h5py.File(path, 'r+') as f: edit(f)
        with h5py.File(path, 'r') as f: after = snapshot(f)
        if before != after: raise Exception('an edit by h5py changed what it did not touch')
        results.append({'objects': before})
    except Exception as error: results.append({'error': traceback.format_exc()})
print(json.dumps(results))
`;

interface Verdict {
  readonly error?: string;
  readonly objects?: Readonly<Record<string, readonly [string, readonly string[]]>>;
}

/**
 * What h5py reads of each image. Each is also opened `r+`, edited, and read again, and dumped by h5dump; an image that
 * fails in any of that answers the error.
 */
export function judge(images: readonly Uint8Array[]): (Snapshot | string)[] {
  const paths = images.map((bytes, index) => {
    const path = join(directory, `image-${index}.h5`);
    writeFileSync(path, bytes);
    return path;
  });
  const list = join(directory, "images.json");
  writeFileSync(list, JSON.stringify(paths));
  const verdicts = JSON.parse(run(judgeScript, [list])) as Verdict[];
  return verdicts.map(({ error, objects }) => {
    if (objects === undefined) return error ?? "no answer";
    const entries = Object.entries(objects);
    return new Map(entries.map(([path, [meta, elements]]): [string, ObjectSnapshot] => [path, { meta, elements }]));
  });
}
