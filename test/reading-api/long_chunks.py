"""Writes a file with chunks that are stored longer than the chunk is, in each way that the filters allow."""
import struct
import sys
import zlib

import h5py
import numpy

path, libver = sys.argv[1:]
length, chunk = 60, 16
values = numpy.arange(length, dtype="<i4") * 3 + 1


def shuffled(data):
    whole = len(data) // 4 * 4
    return numpy.frombuffer(data[:whole], "u1").reshape(-1, 4).T.tobytes() + data[whole:]


def summed(data):
    one = two = 0
    for at in range(0, len(data), 2):
        one = (one + data[at] * 256 + (data[at + 1] if at + 1 < len(data) else 0)) % 65535
        two = (two + one) % 65535
    return data + struct.pack("<I", two << 16 | one)


def lzf_literals(data):
    return b"".join(bytes([len(data[at:at + 32]) - 1]) + data[at:at + 32] for at in range(0, len(data), 32))


ways = {
    "plain": ({}, lambda data: data, 0),
    "gzip": ({"compression": "gzip"}, zlib.compress, 0),
    "skipped": ({"compression": "gzip"}, lambda data: data, 1),
    "lzf": ({"compression": "lzf"}, lzf_literals, 0),
    "shuffle": ({"shuffle": True}, shuffled, 0),
    "shuffle-gzip": ({"shuffle": True, "compression": "gzip"}, lambda data: zlib.compress(shuffled(data)), 0),
    "fletcher32": ({"fletcher32": True}, summed, 0),
    "all": (
        {"shuffle": True, "compression": "gzip", "fletcher32": True},
        lambda data: summed(zlib.compress(shuffled(data))),
        0,
    ),
}
with h5py.File(path, "w", libver=libver) as file:
    for name, (options, encode, mask) in ways.items():
        for extra in (4, 7, 64, 1000):
            dataset = file.create_dataset(
                f"{name}-{extra}", (length,), "<i4", chunks=(chunk,), maxshape=(None,), **options
            )
            for at in range(0, length, chunk):
                elements = numpy.zeros(chunk, "<i4")
                elements[: length - at] = values[at:at + chunk]
                data = elements.tobytes() + bytes(at % 251 for at in range(extra))
                dataset.id.write_direct_chunk((at,), encode(data), filter_mask=mask)
with h5py.File(path) as file:
    for dataset in file.values():
        assert (dataset[...] == values).all(), dataset
