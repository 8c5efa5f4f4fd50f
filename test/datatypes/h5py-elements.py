"""Writes one contiguous dataset per case to the file named first and prints where each one's bytes are."""
import json
import sys

import h5py
import numpy as np

path = sys.argv[1]
file = h5py.File(path, "w")
cases = {}


def keep(name, dataset, values):
    file.flush()
    cases[name] = {
        "offset": dataset.id.get_offset(),
        "bytes": dataset.id.get_storage_size(),
        "count": int(np.prod(dataset.shape)),
        "values": values,
    }


def plain(name, values, dtype):
    array = np.array(values, dtype=dtype)
    keep(name, file.create_dataset(name, data=array), [v for v in array.ravel().tolist()])


def texts(values):
    return [str(v) for v in values]


for size in (1, 2, 4, 8):
    for order in "<>":
        for kind in "iu":
            dtype = np.dtype(f"{order}{kind}{size}")
            info = np.iinfo(dtype)
            array = np.array([info.min, info.max, 0, 1, 77], dtype=dtype)
            name = f"{kind}{size}{order}"
            keep(name, file.create_dataset(name, data=array), texts(array.tolist()))
for size in (2, 4, 8):
    for order in "<>":
        dtype = np.dtype(f"{order}f{size}")
        info = np.finfo(dtype)
        array = np.array([0, -0.0, 1.5, -2, info.max, info.tiny, info.tiny / 4, np.inf, -np.inf, np.nan], dtype=dtype)
        name = f"f{size}{order}"
        keep(name, file.create_dataset(name, data=array), [repr(float(v)) for v in array])

keep("bool", file.create_dataset("bool", data=np.array([True, False, True])), [True, False, True])
plainly = np.array([1 + 2j, 3 - 3.5j])
for name, dtype in (("complex64", "<c8"), ("complex128", "<c16"), ("complex128>", ">c16")):
    keep(name, file.create_dataset(name, data=plainly.astype(dtype)), [[1, 2], [3, -3.5]])
plain("enum", [0, 7], h5py.enum_dtype({"OFF": 0, "ON": 7}, basetype="<i2"))


def fixed(name, size, charset, padding, values):
    tid = h5py.h5t.C_S1.copy()
    tid.set_size(size)
    tid.set_cset(charset)
    tid.set_strpad(padding)
    space = h5py.h5s.create_simple((len(values),))
    dataset = h5py.Dataset(h5py.h5d.create(file.id, name.encode(), tid, space))
    raw = np.array([v for v in values], dtype=f"S{size}")
    dataset.id.write(h5py.h5s.ALL, h5py.h5s.ALL, raw, tid)
    keep(name, dataset, [v.decode("utf-8") for v in values])


fixed("nullterm", 6, h5py.h5t.CSET_ASCII, h5py.h5t.STR_NULLTERM, [b"abc", b"", b"abcde"])
fixed("nullpad", 6, h5py.h5t.CSET_UTF8, h5py.h5t.STR_NULLPAD, [b"abc", b"", "äöü".encode()])
fixed("spacepad", 6, h5py.h5t.CSET_ASCII, h5py.h5t.STR_SPACEPAD, [b"abc   ", b"      ", b"abcdef"])
cases["spacepad"]["values"] = ["abc", "", "abcdef"]

words = ["", "plain", "zwölf", "x" * 300, "日本"]
keep("vlstr", file.create_dataset("vlstr", data=words, dtype=h5py.string_dtype()), words)
ragged = file.create_dataset("vlen", (3,), dtype=h5py.vlen_dtype(np.dtype(">i4")))
ragged[0] = [1, 2, 3]
ragged[2] = [-4]
keep("vlen", ragged, [[1, 2, 3], [], [-4]])
compound = np.dtype([("a", "<i4"), ("b", ">f8", (2,)), ("s", "S3"), ("n", [("x", "<u1")])])
rows = np.array([(1, (2.5, 3), b"ab", (9,)), (-1, (0, -1), b"abc", (255,))], dtype=compound)
keep("compound", file.create_dataset("compound", data=rows), None)
keep("array", file.create_dataset("array", (2,), dtype=np.dtype(("<i2", (2, 3)))), None)
file["array"][...] = np.arange(12).reshape(2, 2, 3)
file.flush()
cases["array"]["values"] = list(range(12))
cases["array"]["offset"] = file["array"].id.get_offset()
cases["array"]["bytes"] = file["array"].id.get_storage_size()
plain_opaque = np.array([b"\x01\x02\x03", b"\xff\x00\xfe"], dtype="V3")
keep("opaque", file.create_dataset("opaque", data=plain_opaque), [1, 2, 3, 255, 0, 254])

target = file.create_dataset("target", data=np.zeros((10, 10)))
address = h5py.h5o.get_info(target.id).addr
refs = file.create_dataset("objref", (2,), dtype=h5py.ref_dtype)
refs[0] = target.ref
keep("objref", refs, [address, None])
regions = file.create_dataset("regref", (4,), dtype=h5py.regionref_dtype)
regions[0] = target.regionref[2:4, 1:9:3]
regions[1] = target.regionref[...]
mask = np.zeros((10, 10), dtype=bool)
mask[3, 4] = mask[9, 0] = True
regions[2] = target.regionref[mask]
keep("regref", regions, [address])

wide = h5py.h5t.STD_I32LE.copy()
wide.set_precision(17)
wide.set_offset(5)
space = h5py.h5s.create_simple((4,))
odd = h5py.Dataset(h5py.h5d.create(file.id, b"odd", wide, space))
odd.id.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([0, -1, 65535, -65536], dtype="<i4"), h5py.h5t.STD_I32LE)
keep("odd", odd, [0, -1, 65535, -65536])
longs = np.array([1.5, -0.0, 2.0**1000, 3], dtype=np.longdouble)
keep("longdouble", file.create_dataset("longdouble", data=longs), [repr(float(v)) for v in longs])
half = h5py.h5t.IEEE_F32BE.copy()
half.set_fields(15, 7, 8, 0, 7)
half.set_offset(0)
half.set_precision(16)
half.set_size(2)
half.set_ebias(127)
brain = h5py.Dataset(h5py.h5d.create(file.id, b"brain", half, space))
numbers = np.array([1.0, -3.140625, 1e-40, np.inf], dtype="<f4")
brain.id.write(h5py.h5s.ALL, h5py.h5s.ALL, numbers, h5py.h5t.IEEE_F32LE)
out = np.zeros(4, dtype="<f4")
brain.id.read(h5py.h5s.ALL, h5py.h5s.ALL, out, h5py.h5t.IEEE_F32LE)
keep("brain", brain, [repr(float(v)) for v in out])

file.close()
json.dump(cases, sys.stdout)
