/** h5py as the judge of written files: one line for each object and attribute. */

import { spawnSync } from "node:child_process";

const python = "/usr/bin/python3";

export const hasH5py = spawnSync(python, ["-c", "import h5py"]).status === 0;

if (!hasH5py) {
  if (process.env["CI"] !== undefined) throw new Error("the tests need h5py");
  console.warn("h5py is missing: files are not checked with it");
}

const describeScript = `
import h5py, sys, hashlib
def text(attr):
    t = attr.get_type()
    if t.get_class() != h5py.h5t.STRING: return ''
    return f' cset={t.get_cset()} vlen={t.is_variable_str()} pad={t.get_strpad()}'
def attrs(o, path):
    for name in sorted(o.attrs):
        a = h5py.h5a.open(o.id, name.encode())
        v = o.attrs[name]
        print(f'{path}@{name} {a.dtype} {a.shape}{text(a)} = {v!r}')
def show(o, path):
    attrs(o, path)
    if isinstance(o, h5py.Dataset):
        v = o[()]
        chunked = 'chunked' if o.chunks else 'whole'
        digest = hashlib.sha256(v.tobytes() if hasattr(v, 'tobytes') else repr(v).encode()).hexdigest()[:16]
        if o.dtype.kind == 'O': digest = repr(v)
        print(f'{path} dataset {o.dtype.newbyteorder("=")} {o.shape} {o.maxshape} {chunked} {digest if o.dtype.byteorder != ">" else v.astype(o.dtype.newbyteorder("=")).tobytes() and hashlib.sha256(v.astype(o.dtype.newbyteorder("=")).tobytes()).hexdigest()[:16]}')
    else:
        for name in sorted(o):
            print(f'{path}/{name} {"group" if isinstance(o[name], h5py.Group) else "dataset"}')
            show(o[name], path + '/' + name)
with h5py.File(sys.argv[1], 'r') as f: show(f, '')
`;

/** Runs a script with arguments; its output by line. */
export function runPython(script: string, ...args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(python, ["-c", script, ...args], {
    encoding: "utf8",
    env: { ...process.env, PYTHONIOENCODING: "utf-8" },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.split("\n").slice(0, -1);
}

/** Everything that h5py sees in a file. */
export function describeFile(path: string): string[] {
  return runPython(describeScript, path);
}
