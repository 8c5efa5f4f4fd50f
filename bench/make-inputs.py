#!/usr/bin/env python3
"""make-inputs.py DIRECTORY: the files that the reading benchmarks read; those that are there already are kept."""
import os
import sys

import h5py
import numpy as np

DIRECTORY = sys.argv[1]
MIB = 1 << 20
RANDOM = np.random.default_rng(20240517)


def smooth(count, dtype):
    """Values that compress as measurements do: a slow wave with noise in the low digits."""
    x = np.arange(count)
    return (np.sin(x / 5000.0) * 100 + RANDOM.integers(0, 100, count) / 100).astype(dtype)


def contiguous(f):
    f["data"] = smooth(32 * MIB, "<f8")


def deflate_shuffle(f):
    f.create_dataset("data", data=smooth(64 * MIB, "<f4"), chunks=(MIB // 4,), compression="gzip", compression_opts=4, shuffle=True)


def image(f):
    data = smooth(8192 * 8192, "<f4").reshape(8192, 8192)
    f.create_dataset("data", data=data, chunks=(256, 256), compression="gzip", compression_opts=4)


def chunks_plain(f):
    f.create_dataset("data", data=smooth(32 * MIB, "<f8"), chunks=(MIB // 8,))


def chunks_small(f):
    f.create_dataset("data", data=smooth(100 * 100_000, "<f8"), chunks=(100,))


def children(f):
    for i in range(100_000):
        g = f.create_group("child %06d" % i)
        if i % 10 == 0:
            g.attrs["index"] = i


def strings(f):
    f["data"] = ["string %d %s" % (i, "x" * (i % 17)) for i in range(1_000_000)]


def compound(f):
    data = np.zeros(1_000_000, dtype=[("id", "<i4"), ("value", "<f8"), ("label", "S16")])
    data["id"] = np.arange(1_000_000)
    data["value"] = smooth(1_000_000, "<f8")
    data["label"] = [b"label %d" % (i % 1000) for i in range(1_000_000)]
    f["data"] = data


def small(f):
    f["entry/count"] = np.int32(42)
    f["entry/data"] = np.arange(10.0)


INPUTS = {
    "contiguous.h5": contiguous,
    "deflate-shuffle.h5": deflate_shuffle,
    "image.h5": image,
    "chunks-plain.h5": chunks_plain,
    "chunks-small.h5": chunks_small,
    "children.h5": children,
    "strings.h5": strings,
    "compound.h5": compound,
    "small.h5": small,
}

os.makedirs(DIRECTORY, exist_ok=True)
for name, fill in INPUTS.items():
    path = os.path.join(DIRECTORY, name)
    if os.path.exists(path):
        continue
    print("making", name, flush=True)
    with h5py.File(path + ".part", "w") as f:
        fill(f)
    os.rename(path + ".part", path)
