#!/usr/bin/env python3
"""The benchmark cases in h5py.

h5py-bench.py run CASE INPUT_DIRECTORY OUTPUT_FILE RUNS   one line of JSON: seconds of each run, digest
h5py-bench.py digest CASE FILE                            the digest of a file that a writing case made
"""
import json
import os
import sys
import time

import h5py
import numpy as np


def positions(count, limit):
    x = 1
    result = []
    for _ in range(count):
        x = x * 16807 % 2147483647
        result.append(x % limit)
    return result


def digest_numbers(array):
    total = 0.0
    for value in np.asarray(array).reshape(-1)[::4097].astype("<f8").tolist():
        total += value
    return repr_number(total) + " of %d" % array.size


def repr_number(x):
    return repr(float(x))


def digest_strings(values):
    return "%d strings, %d characters, %s" % (len(values), sum(map(len, values)), values[len(values) // 3])


def sum_all(arrays):
    total = 0.0
    for array in arrays:
        for value in array.reshape(-1)[::37].tolist():
            total += value
    return repr_number(total)


def read_all(path):
    with h5py.File(path, "r") as f:
        return f["data"][...]


def slices(path):
    with h5py.File(path, "r") as f:
        d = f["data"]
        return [d[a : a + 100] for a in positions(10_000, d.shape[0] - 100)]


def windows(path):
    with h5py.File(path, "r") as f:
        d = f["data"]
        p = positions(400, 8192 - 512)
        return [d[p[2 * i] : p[2 * i] + 512, p[2 * i + 1] : p[2 * i + 1] + 512] for i in range(200)]


def column(path):
    with h5py.File(path, "r") as f:
        return f["data"][:, 4321]


def elements(path):
    with h5py.File(path, "r") as f:
        d = f["data"]
        return [d[a : a + 1] for a in positions(1_000, d.shape[0])]


def children(path):
    with h5py.File(path, "r") as f:
        names = list(f)
        return len(names), sum(int(f[name].attrs["index"]) for name in names[::10])


def strings(path):
    with h5py.File(path, "r") as f:
        return [s.decode() for s in f["data"][...]]


def compound(path):
    with h5py.File(path, "r") as f:
        d = f["data"][...]
        return d["id"].copy(), d["value"].copy(), d["label"].copy()


def digest_compound(columns):
    ids, values, labels = columns
    return "%s; %s; %s" % (digest_numbers(ids), digest_numbers(values), labels[12345].decode())


def scalar(path):
    with h5py.File(path, "r") as f:
        return int(f["entry/count"][()])


READS = {
    "read-contiguous": ("contiguous.h5", read_all, digest_numbers),
    "read-slices": ("contiguous.h5", slices, sum_all),
    "read-deflate-shuffle": ("deflate-shuffle.h5", read_all, digest_numbers),
    "read-windows": ("image.h5", windows, sum_all),
    "read-column": ("image.h5", column, lambda c: sum_all([c])),
    "read-chunks": ("chunks-plain.h5", read_all, digest_numbers),
    "read-small-chunks": ("chunks-small.h5", read_all, digest_numbers),
    "read-elements": ("chunks-small.h5", elements, sum_all),
    "read-children": ("children.h5", children, lambda r: "%d, %d" % r),
    "read-strings": ("strings.h5", strings, digest_strings),
    "read-compound": ("compound.h5", compound, digest_compound),
    "read-scalar": ("small.h5", scalar, str),
}


def wave(count, dtype):
    """The same numbers as `wave` in cases/values.mjs, without a sine that libraries of mathematics round differently."""
    x = np.arange(count, dtype="<i8")
    return ((x % 5000) / 64 + (x * 7919 % 101) / 128).astype(dtype)


def write_contiguous(path, data):
    with h5py.File(path, "w") as f:
        f.create_dataset("data", data=data)


def write_deflate(path, data, shuffle=False):
    with h5py.File(path, "w") as f:
        f.create_dataset("data", data=data, chunks=(1 << 18,), compression="gzip", compression_opts=4, shuffle=shuffle)


def append(path, data):
    with h5py.File(path, "w") as f:
        d = f.create_dataset("data", (0,), maxshape=(None,), chunks=(16384,), dtype="<f8")
        for i in range(10_000):
            d.resize((100 * (i + 1),))
            d[100 * i :] = data


def many_datasets(path, data):
    with h5py.File(path, "w") as f:
        for i in range(20_000):
            d = f.create_dataset("dataset %05d" % i, data=data)
            d.attrs["unit"] = "mV"
            d.attrs["gain"] = 0.5
            d.attrs["index"] = np.int32(i)


def write_strings(path, data):
    with h5py.File(path, "w") as f:
        f.create_dataset("data", data=data, dtype=h5py.string_dtype())


WRITES = {
    "write-contiguous": (lambda: wave(1 << 25, "<f8"), write_contiguous),
    "write-deflate": (lambda: wave(1 << 25, "<f4"), write_deflate),
    "write-deflate-shuffle": (lambda: wave(1 << 25, "<f4"), lambda p, d: write_deflate(p, d, True)),
    "append": (lambda: wave(100, "<f8"), append),
    "write-datasets": (lambda: wave(10, "<f8"), many_datasets),
    "write-strings": (lambda: ["string %d" % i for i in range(200_000)], write_strings),
}


def digest_file(case, path):
    with h5py.File(path, "r") as f:
        if case == "write-datasets":
            total = 0
            for i, name in enumerate(f):
                d = f[name]
                if i % 97 == 0:
                    total += int(d.attrs["index"]) + float(d.attrs["gain"]) + len(d.attrs["unit"]) + float(d[...].sum())
            return "%d datasets, %s" % (len(f), repr_number(total))
        if case == "write-strings":
            return digest_strings([s.decode() for s in f["data"][...]])
        return digest_numbers(f["data"][...])


def run(case, inputs, output, runs):
    seconds = []
    digest = None
    for _ in range(runs):
        if sum(seconds) > 10:
            break
        if case in READS:
            name, read, make_digest = READS[case]
            start = time.perf_counter()
            value = read(os.path.join(inputs, name))
            seconds.append(time.perf_counter() - start)
            digest = digest or make_digest(value)
            del value
        else:
            make, write = WRITES[case]
            data = make()
            if os.path.exists(output):
                os.remove(output)
            start = time.perf_counter()
            write(output, data)
            seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "digest": digest}))


if sys.argv[1] == "run":
    run(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
elif sys.argv[1] == "version":
    print("h5py %s on libhdf5 %s" % (h5py.__version__, h5py.version.hdf5_version))
else:
    print(digest_file(sys.argv[2], sys.argv[3]))
