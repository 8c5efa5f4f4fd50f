"""Chunks that libhdf5 packs with n-bit and scale-offset, each beside the same chunk without a filter.

`make(path, filter)` writes a file and answers for each packed dataset: its name, the scale factor and fill value asked for, and
of each chunk the unfiltered bytes, the stored ones (both as base64) and the filter mask.
"""
import base64

import numpy as np
from h5py import File, h5d, h5p, h5s, h5t
from libhdf5 import HID, call

DECIMAL, INTEGER = 0, 2
SHAPE, CHUNKS, WHOLE = (10, 7), (4, 3), (8, 6)


def text(data):
    return base64.b64encode(data).decode()


class Maker:
    def __init__(self, path):
        self.file = File(path, "w", libver="latest")
        self.cases = []
        self.random = np.random.default_rng(5)

    def add(self, label, stored, data, fill="default", scale=None, shape=None, memory=None):
        """`fill` is "default", None for an undefined one, or a NumPy scalar; without `scale`, the filter is n-bit."""
        shape = shape or data.shape
        twins = []
        for suffix in ("", " plain"):
            dcpl = h5p.create(h5p.DATASET_CREATE)
            dcpl.set_chunk(CHUNKS[: len(shape)])
            if fill is None:
                call("H5Pset_fill_value", HID(dcpl.id), HID(stored.id), None)
            elif not isinstance(fill, str):
                dcpl.set_fill_value(np.array(fill))
            if suffix == "" and scale is None:
                call("H5Pset_nbit", HID(dcpl.id))
            elif suffix == "":
                dcpl.set_scaleoffset(*scale)
            name = (label + suffix).encode()
            twins.append(h5d.create(self.file.id, name, stored, h5s.create_simple(shape), dcpl))
            twins[-1].write(h5s.ALL, h5s.ALL, data, memory)
        self.file.flush()
        chunks = []
        for index in range(twins[0].get_num_chunks()):
            offset = twins[0].get_chunk_info(index).chunk_offset
            mask, packed = twins[0].read_direct_chunk(offset)
            chunks.append([text(twins[1].read_direct_chunk(offset)[1]), text(packed), mask])
        given = fill is not None and not isinstance(fill, str)
        self.cases.append(
            {
                "name": label,
                "fill": text(np.array(fill, data.dtype).tobytes()) if given else None,
                "defined": fill is not None,
                "scaleFactor": None if scale is None else scale[1],
                "chunks": chunks,
            }
        )

    def scaled_integers(self):
        for kind in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"):
            low, high = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
            for order in "<>":
                dtype = np.dtype(order + kind)
                stored = h5t.py_create(dtype)
                most = high - low
                for span in (0, 1, 5, 100, most // 3, most // 2, most - 3, most - 2, most - 1, most):
                    start = int(self.random.integers(low, high - span, endpoint=True, dtype=kind))
                    steps = self.random.integers(0, span, SHAPE, dtype="u8", endpoint=True)
                    steps[0, 0], steps[1, 1] = 0, span
                    data = np.array([start + int(step) for step in steps.flat], dtype=object).reshape(SHAPE)
                    filled = np.where(data > start + span // 2, 7, data).astype(dtype)
                    data = data.astype(dtype)
                    label = f"{order}{kind} {span}"
                    for name, fill in (("default", "default"), ("7", dtype.type(7)), ("least", dtype.type(low))):
                        self.add(f"{label} fill {name}", stored, filled, fill, (INTEGER, 0))
                        self.add(f"{label} all with fill {name}", stored, data, fill, (INTEGER, 0))
                    self.add(f"{label} no fill", stored, data[:8, :6].copy(), None, (INTEGER, 0))
                    for bits in (3, dtype.itemsize * 8 - 1, dtype.itemsize * 8):
                        self.add(f"{label} in {bits} bits", stored, filled, dtype.type(7), (INTEGER, bits))
                        self.add(f"{label} no fill {bits} bits", stored, data[:8, :6].copy(), None, (INTEGER, bits))
                self.add(f"{order}{kind} all fill", stored, np.full(SHAPE, 9, dtype), dtype.type(9), (INTEGER, 0))

    def scaled_floats(self):
        for kind in ("f4", "f8"):
            for order in "<>":
                dtype = np.dtype(order + kind)
                stored = h5t.py_create(dtype)
                for digits in (0, 1, 2, 3, 7, 12, 30):
                    for width in (0.0, 0.4, 50.0, 1e4, 3e6, 2e9, 1e15, 1e30, np.inf):
                        data = self.random.normal(size=SHAPE) * (0 if width == np.inf else width)
                        if width == np.inf:
                            data[:2] = [[np.inf] * 7, [-np.inf, 1, 2, 3, 4, 5, 6]]
                        data[5, 1:4] = 1.5
                        data[8:] = data[8:].round()
                        data = data.astype(dtype)
                        scale = (DECIMAL, digits)
                        label = f"{order}{kind} {width} in {digits} digits"
                        for fill in ("default", dtype.type(1.5), dtype.type(np.nan)):
                            self.add(f"{label} fill {fill}", stored, data, fill, scale)
                        self.add(f"{label} no fill", stored, data[:8, :6].copy(), None, scale)

    def number(self, base, size, precision, offset):
        stored = base.copy()
        stored.set_precision(precision)
        stored.set_offset(0)
        stored.set_size(size)
        stored.set_offset(offset)
        return stored

    def packed_numbers(self):
        bases = {"<i": h5t.STD_I64LE, ">i": h5t.STD_I64BE, "<u": h5t.STD_U64LE, ">u": h5t.STD_U64BE}
        for size in range(1, 9):
            for kind, base in bases.items():
                placements = {(size * 8, 0), (size * 8 - 1, 0), (1, size * 8 - 1), (8, (size - 1) * 8)}
                for _ in range(8):
                    precision = int(self.random.integers(1, size * 8, endpoint=True))
                    placements.add((precision, int(self.random.integers(0, size * 8 - precision, endpoint=True))))
                for precision, offset in sorted(placements):
                    least = -(2 ** (precision - 1))
                    data = self.random.integers(least, -least - 1, SHAPE, dtype="i8", endpoint=True)
                    stored = self.number(base, size, precision, offset)
                    self.add(f"{kind}{size} {precision} bits at {offset}", stored, data)
        single = h5t.IEEE_F32BE.copy()
        single.set_fields(26, 20, 6, 7, 13)
        single.set_offset(7)
        single.set_precision(20)
        single.set_ebias(31)
        normal = self.random.normal(size=SHAPE)
        self.add("20-bit floats", single, normal)
        self.add("80-bit floats", h5t.NATIVE_LDOUBLE, normal.astype("longdouble"))
        self.add("whole floats", h5t.IEEE_F64BE, normal)
        self.add("opaque", h5t.py_create(np.dtype("V5")), np.full(SHAPE, b"abcde", "V5"))

    def packed_structures(self):
        twelve = self.number(h5t.STD_I32LE, 4, 12, 5)
        nine = self.number(h5t.STD_U16BE, 2, 9, 0)
        pair = h5t.create(h5t.COMPOUND, 7)
        pair.insert(b"x", 1, twelve)
        pair.insert(b"y", 5, nine)
        row = h5t.array_create(nine, (3,))
        grid = h5t.array_create(row, (2,))
        pairs = h5t.array_create(pair, (2,))
        words = h5t.array_create(h5t.py_create(np.dtype("S3")), (2,))
        choice = h5t.enum_create(h5t.STD_I16LE)
        choice.enum_insert(b"no", 0)
        choice.enum_insert(b"yes", 1)
        inner = [("x", "<i4"), ("y", "<u2")]
        members = [
            ("a", 0, twelve, "<i4"),
            ("b", 4, h5t.py_create(np.dtype("S3")), "S3"),
            ("c", 9, nine, "<u2"),
            ("d", 11, h5t.IEEE_F32LE, "<f4"),
            ("e", 15, row, ("<u2", (3,))),
            ("f", 21, h5t.STD_B8LE, None),
            ("g", 23, pair, inner),
            ("h", 30, words, ("S3", (2,))),
        ]
        native_grid = h5t.array_create(h5t.array_create(h5t.STD_U16LE, (3,)), (2,))
        ends = {"words": None, "grid": (grid, ("<u2", (2, 3))), "pairs": (pairs, (inner, (2,)))}
        for name, end in ends.items():
            listed = members if end is None else [*members, ("i", 36, *end)]
            stored = h5t.create(h5t.COMPOUND, 52)
            for member, offset, datatype, _ in listed:
                stored.insert(member.encode(), offset, datatype)
            dtype = np.dtype([(member, native) for member, *_, native in listed if native is not None])
            data = np.frombuffer(self.random.bytes(70 * dtype.itemsize), dtype).reshape(SHAPE).copy()
            data["d"] = 1.25
            memory = h5t.create(h5t.COMPOUND, dtype.itemsize)
            for member in dtype.names:
                native, start = dtype.fields[member][:2]
                whole = name == "grid" and member == "i"
                memory.insert(member.encode(), start, native_grid if whole else h5t.py_create(native))
            self.add(f"compound ending in {name}", stored, data, memory=memory)
        mixed = h5t.create(h5t.COMPOUND, 40)
        mixed.insert(b"text", 0, h5t.py_create(np.dtype("O", metadata={"vlen": str}), logical=True))
        mixed.insert(b"number", 20, twelve)
        mixed.insert(b"choice", 26, choice)
        self.add("compound with text", mixed, np.arange(70, dtype="<i4").reshape(SHAPE).astype([("number", "<i4")]))
        arrays = {"row": (row, ("<u2", (3,))), "grid": (grid, ("<u2", (2, 3))), "pairs": (pairs, (inner, (2,)))}
        for name, (stored, native) in arrays.items():
            dtype = np.dtype(native)
            data = np.frombuffer(self.random.bytes(10 * dtype.itemsize), dtype.base).reshape((10, *dtype.shape))
            memory = native_grid if name == "grid" else h5t.py_create(dtype)
            self.add(f"array {name}", stored, data.copy(), shape=(10,), memory=memory)
        self.add("bitfield", h5t.STD_B16BE, np.zeros(SHAPE, "<u2"), memory=h5t.STD_B16LE)
        self.add("enum", choice, np.ones(SHAPE, "<i2"), memory=choice)


def make(path, filter):
    maker = Maker(path)
    if filter == "nbit":
        maker.packed_numbers()
        maker.packed_structures()
    else:
        maker.scaled_integers()
        maker.scaled_floats()
    maker.file.close()
    return maker.cases
