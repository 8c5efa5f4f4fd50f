#!/usr/bin/env python3
"""make-golden-files.py [DIRECTORY]

Writes the golden files: small HDF5 files that together use every structure the format layer reads, made by h5py on
libhdf5. The same versions of both write the same bytes again: object times are never stored.
"""
import ctypes
import os
import struct
import sys

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5o, h5p, h5r, h5s, h5t, h5z

HERE = os.path.dirname(os.path.abspath(__file__))


def load_libhdf5():
    h5f.get_obj_count(h5f.OBJ_ALL, h5f.OBJ_ALL)
    with open("/proc/self/maps") as maps:
        for line in maps:
            path = line.split(maxsplit=5)[-1].strip()
            name = os.path.basename(path)
            if name.startswith("libhdf5") and "_hl" not in name and ".so" in name:
                return ctypes.CDLL(path)
    raise SystemExit("libhdf5 is not loaded")


LIB = load_libhdf5()
HID = ctypes.c_int64


def call(name, *arguments):
    """A function of libhdf5 that h5py does not wrap."""
    if getattr(LIB, name)(*arguments) < 0:
        raise RuntimeError(name)


def share_messages(fcpl, most_in_list):
    """Two indexes of shared messages: datatypes and attributes, and the rest; lists of at most so many messages."""
    call("H5Pset_shared_mesg_nindexes", HID(fcpl.id), ctypes.c_uint(2))
    datatypes_and_attributes, dataspaces_fill_values_and_pipelines = (1 << 3) | (1 << 12), (1 << 1) | (1 << 5) | (1 << 11)
    for index, mask in enumerate((datatypes_and_attributes, dataspaces_fill_values_and_pipelines)):
        call("H5Pset_shared_mesg_index", HID(fcpl.id), ctypes.c_uint(index), ctypes.c_uint(mask), ctypes.c_uint(8))
    least_in_tree = ctypes.c_uint(most_in_list // 2)
    call("H5Pset_shared_mesg_phase_change", HID(fcpl.id), ctypes.c_uint(most_in_list), least_in_tree)


def create(path, libver=None, user_block=0, sizes=None, sym_k=None, istore_k=None, track_order=False, shared=None):
    """h5py.File(path, "w") with the creation properties that it does not offer, and no times."""
    fcpl = h5p.create(h5p.FILE_CREATE)
    fcpl.set_obj_track_times(False)
    if user_block:
        fcpl.set_userblock(user_block)
    if sizes:
        fcpl.set_sizes(*sizes)
    if sym_k:
        call("H5Pset_sym_k", HID(fcpl.id), ctypes.c_uint(sym_k[0]), ctypes.c_uint(sym_k[1]))
    if istore_k:
        call("H5Pset_istore_k", HID(fcpl.id), ctypes.c_uint(istore_k))
    if shared is not None:
        share_messages(fcpl, shared)
    if track_order:
        fcpl.set_link_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
        fcpl.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
    fapl = h5p.create(h5p.FILE_ACCESS)
    fapl.set_fclose_degree(h5f.CLOSE_STRONG)
    if libver:
        fapl.set_libver_bounds(*libver)
    return h5py.File(h5f.create(os.fsencode(path), h5f.ACC_TRUNC, fcpl, fapl))


EARLIEST = None
V18 = (h5f.LIBVER_V18, h5f.LIBVER_V18)
LATEST = (h5f.LIBVER_LATEST, h5f.LIBVER_LATEST)


def group(parent, name, order=0, phase=None, attributes=None):
    """A group without times; `order` are link creation-order flags, `phase` (compact max, dense min) for links."""
    gcpl = h5p.create(h5p.GROUP_CREATE)
    gcpl.set_obj_track_times(False)
    if order:
        gcpl.set_link_creation_order(order)
        gcpl.set_attr_creation_order(order)
    if phase:
        call("H5Pset_link_phase_change", HID(gcpl.id), ctypes.c_uint(phase[0]), ctypes.c_uint(phase[1]))
    if attributes:
        gcpl.set_attr_phase_change(*attributes)
    return h5py.Group(h5g.create(parent.id, name.encode(), gcpl=gcpl))


def raw_dataset(parent, name, type_id, space_id, data=None, dcpl=None):
    """A dataset of a datatype that NumPy cannot express; `data` are bytes in that very type."""
    if dcpl is None:
        dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_obj_track_times(False)
    dataset = h5d.create(parent.id, name.encode(), type_id, space_id, dcpl)
    if data is not None:
        buffer = ctypes.create_string_buffer(bytes(data), max(1, len(data)))
        call("H5Dwrite", HID(dataset.id), HID(type_id.id), HID(0), HID(0), HID(0), buffer)
    return h5py.Dataset(dataset)


def commit(parent, name, type_id):
    """A committed datatype without times."""
    LIB.H5Pcreate.restype = HID
    tcpl = HID(LIB.H5Pcreate(HID.in_dll(LIB, "H5P_CLS_DATATYPE_CREATE_ID_g")))
    call("H5Pset_obj_track_times", tcpl, ctypes.c_bool(False))
    call("H5Tcommit2", HID(parent.id.id), name.encode(), HID(type_id.id), HID(0), tcpl, HID(0))


def simple(*shape):
    return h5s.create_simple(shape)


def ramp(*shape, dtype="<f8"):
    return np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape)


GOLDEN = {}


def golden(function):
    GOLDEN[function.__name__.replace("_", "-") + ".h5"] = function
    return function


# ---------------------------------------------------------------- superblocks and addresses


def small_tree(f):
    f.attrs["title"] = "small tree"
    g = group(f, "entry")
    g.create_dataset("data", data=ramp(4, 3))
    g.create_dataset("count", data=np.int32(7))
    g["data"].attrs["unit"] = "mV"


@golden
def superblock_0(path):
    with create(path) as f:
        small_tree(f)


@golden
def superblock_1(path):
    with create(path, istore_k=3) as f:
        small_tree(f)
        f.create_dataset("chunked", data=ramp(40), chunks=(2,))


@golden
def superblock_2(path):
    with create(path, V18) as f:
        small_tree(f)


@golden
def superblock_3(path):
    with create(path, LATEST) as f:
        small_tree(f)


@golden
def user_block(path):
    with create(path, user_block=512) as f:
        small_tree(f)
    with open(path, "r+b") as f:
        f.write(b"a user block comes first".ljust(512, b"."))


@golden
def user_block_v2(path):
    with create(path, V18, user_block=2048) as f:
        small_tree(f)
        f["ref"] = np.array([f["entry"].ref, f["entry/data"].ref], dtype=h5py.ref_dtype)


@golden
def base_address(path):
    """The file image was moved by 1024 bytes; its superblock still says base address 0."""
    with create(path) as f:
        small_tree(f)
    with open(path, "rb") as f:
        image = f.read()
    with open(path, "wb") as f:
        f.write(b"\0" * 1024 + image)


@golden
def sizes_4(path):
    with create(path, sizes=(4, 4)) as f:
        small_tree(f)
        f.create_dataset("chunked", data=ramp(30), chunks=(4,), maxshape=(None,), compression="gzip")
        f["text"] = ["one", "two", "three"]
        f["ref"] = np.array([f["entry"].ref], dtype=h5py.ref_dtype)


@golden
def sizes_2(path):
    with create(path, V18, sizes=(2, 2)) as f:
        small_tree(f)


@golden
def sizes_4_latest(path):
    with create(path, LATEST, sizes=(4, 4)) as f:
        small_tree(f)
        f.create_dataset("fixed array", data=ramp(30), chunks=(4,), compression="gzip")
        f.create_dataset("tree", data=ramp(9, 5), chunks=(2, 2), maxshape=(None, None), shuffle=True)
        f["text"] = ["one", "two", "three"]
        g = group(f, "dense", phase=(0, 0))
        for i in range(30):
            group(g, "child %d" % i).attrs["i"] = i


@golden
def sizes_mixed(path):
    """Offsets of 8 bytes and lengths of 4; in the second file offsets of 4 bytes and lengths of 8."""
    for name, sizes in ((path, (8, 4)), (path[:-3] + "-2.h5", (4, 8))):
        with create(name, sizes=sizes) as f:
            small_tree(f)
            f.create_dataset("chunked", data=ramp(30), chunks=(4,), maxshape=(None,), compression="gzip")
            f["text"] = ["one", "two", "three"]
            f["ref"] = np.array([f["entry"].ref], dtype=h5py.ref_dtype)


# ---------------------------------------------------------------- shared messages


def shared_tree(f):
    f["target"] = ramp(2)
    for i in range(12):
        d = f.create_dataset("d%d" % i, (20,), "<f4" if i % 2 else ">i8", chunks=(6,), compression="gzip", fillvalue=i % 3)
        d[3:9] = i
        d.attrs["unit"] = "kelvin"
        d.attrs["record"] = np.array([(i % 4, 2.5)], dtype=[("i", "<i4"), ("f", "<f8")])
        d.attrs["texts"] = ["a", "", "b" * (i % 3)]
        d.attrs["own %d" % i] = ramp(i + 1)
    g = group(f, "g")
    for i in range(15):
        g.attrs["number %d" % i] = np.int64(i % 5)


@golden
def shared_messages_list(path):
    with create(path, shared=200) as f:
        shared_tree(f)


@golden
def shared_messages_tree(path):
    with create(path, shared=0) as f:
        shared_tree(f)


@golden
def shared_messages_both(path):
    """Lists that became trees, and lists that did not."""
    with create(path, shared=30) as f:
        shared_tree(f)


# ---------------------------------------------------------------- object headers


@golden
def header_v1_continuations(path):
    with create(path) as f:
        d = f.create_dataset("many", data=ramp(3))
        e = f.create_dataset("other", data=ramp(2))
        for i in range(60):
            (d if i % 3 else e).attrs["attribute %02d" % i] = ramp(i % 5 + 1)
        for i in range(0, 60, 7):
            if i % 3:
                del d.attrs["attribute %02d" % i]


@golden
def header_v2_continuations(path):
    with create(path, V18) as f:
        d = f.create_dataset("d", data=ramp(3))
        g = group(f, "g")
        for i in range(7):
            d.attrs["a%d" % i] = ramp(20 + i)
            g.attrs["b%d" % i] = "text " * i
            group(g, "child %d" % i)
        del d.attrs["a3"]
        d.attrs["a3"] = np.int8(3)


# ---------------------------------------------------------------- groups and links


@golden
def symbol_table_deep(path):
    with create(path, sym_k=(2, 1)) as f:
        g = group(f, "wide")
        for i in range(150):
            group(g, "member %03d" % (i * 37 % 150))
        for i in range(0, 150, 4):
            del g["member %03d" % i]
        inner = f
        for i in range(20):
            inner = group(inner, "d%d" % i)
        inner["value"] = 42


@golden
def links_old(path):
    with create(path) as f:
        g = group(f, "g")
        g["data"] = ramp(3)
        f["hard"] = g["data"]
        g["up"] = f["/"]
        f["soft"] = h5py.SoftLink("/g/data")
        g["relative"] = h5py.SoftLink("../g/data")
        f["dangling"] = h5py.SoftLink("/nowhere/at/all")
        f["loop"] = h5py.SoftLink("loop")
        f["external"] = h5py.ExternalLink("superblock-0.h5", "/entry/data")
        f["größe – 大きさ"] = 1


@golden
def links_compact(path):
    with create(path, V18) as f:
        g = group(f, "g")
        g["data"] = ramp(3)
        f["hard"] = g["data"]
        g["up"] = f["/"]
        f["soft"] = h5py.SoftLink("/g/data")
        f["dangling"] = h5py.SoftLink("nowhere")
        f["external"] = h5py.ExternalLink("superblock-0.h5", "/entry/data")
        f["größe – 大きさ"] = 1


@golden
def links_dense(path):
    with create(path, V18) as f:
        g = group(f, "dense")
        for i in range(120):
            g["link %03d" % (i * 53 % 120)] = h5py.SoftLink("/target/%d" % i)
        for i in range(0, 120, 9):
            del g["link %03d" % i]
        h = group(f, "small", phase=(2, 1))
        for name in ("b", "a", "c", "d"):
            group(h, name)
        h["long " + "x" * 600] = h5py.SoftLink("y" * 900)
        h["external"] = h5py.ExternalLink("superblock-2.h5", "/entry")


@golden
def creation_order(path):
    tracked = h5p.CRT_ORDER_TRACKED
    both = tracked | h5p.CRT_ORDER_INDEXED
    with create(path, V18) as f:
        for name, order, count in (
            ("tracked compact", tracked, 5),
            ("indexed compact", both, 5),
            ("tracked dense", tracked, 30),
            ("indexed dense", both, 30),
        ):
            g = group(f, name, order)
            for i in range(count):
                group(g, "%03d" % (i * 17 % 101))
                g.attrs["%03d" % (i * 29 % 101)] = i
            del g["%03d" % (2 * 17 % 101)]


@golden
def track_order_default(path):
    """What h5py writes with track_order=True in an otherwise old-format file."""
    with create(path) as f:
        both = h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED
        for name, count in (("list", 4), ("long list", 25)):
            g = group(f, name, both)
            g.attrs["__container_type__"] = "list"
            for i in range(count):
                if i % 3 == 0:
                    g.create_dataset(str(i), data=ramp(i + 1))
                else:
                    g.attrs[str(i)] = i if i % 2 else "item %d" % i


# ---------------------------------------------------------------- attributes


def every_attribute(target, f):
    target.attrs["int"] = 1
    target.attrs["float"] = np.float32(0.1)
    target.attrs["array"] = ramp(2, 3, dtype="<i2")
    target.attrs["big"] = ramp(4, dtype=">f8")
    target.attrs["text"] = "grüße"
    target.attrs["texts"] = ["a", "", "日本"]
    target.attrs["fixed"] = np.array([b"ab", b"cde"])
    target.attrs["bool"] = True
    target.attrs["bools"] = np.array([True, False])
    target.attrs["complex"] = 1 - 2j
    target.attrs["empty"] = h5py.Empty("<f4")
    target.attrs["none"] = np.zeros((0, 3))
    target.attrs["reference"] = f["target"].ref
    target.attrs["record"] = np.array([(1, 2.5)], dtype=[("i", "<i4"), ("f", "<f8")])[0]
    target.attrs.create("vlen", np.array([np.arange(3), np.arange(1)], dtype=object), dtype=h5py.vlen_dtype("<i4"))
    target.attrs["nul name é"] = np.uint64(2**64 - 1)


@golden
def attributes_v1(path):
    with create(path) as f:
        f["target"] = ramp(2)
        every_attribute(f["target"], f)
        every_attribute(group(f, "g"), f)


@golden
def attributes_dense(path):
    with create(path, V18) as f:
        f["target"] = ramp(2)
        every_attribute(f["target"], f)
        g = group(f, "g", h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
        every_attribute(g, f)
        for i in range(40):
            g.attrs["more %02d" % i] = ramp(i + 1, dtype="<i4")
        for i in range(0, 40, 6):
            del g.attrs["more %02d" % i]
        h = group(f, "large", attributes=(0, 0))
        h.attrs["60 kB"] = ramp(7500)
        h.attrs["small"] = 1


@golden
def attributes_committed_type(path):
    for_types = np.dtype([("x", "<f4"), ("y", "<f4")])
    with create(path) as f:
        commit(f, "point", h5t.py_create(for_types, logical=True))
        f.attrs.create("at", np.zeros((), for_types), dtype=f["point"])
        f.create_dataset("points", data=np.ones(3, for_types), dtype=f["point"])
        f["point"].attrs["doc"] = "a point"


# ---------------------------------------------------------------- datatypes


@golden
def integers(path):
    with create(path) as f:
        for order in "<>":
            for kind in "iu":
                for size in (1, 2, 4, 8):
                    info = np.iinfo("%s%d" % (kind, size))
                    values = np.array([info.min, info.max, 0, 1, 100], dtype="%s%s%d" % (order, kind, size))
                    f["%s%s%d" % ("le" if order == "<" else "be", kind, size * 8)] = values
        for name, size, precision, offset in (("twelve", 2, 12, 0), ("shifted", 4, 17, 5), ("three bytes", 3, 24, 0)):
            t = h5t.STD_I32LE.copy()
            if precision + offset <= 8 * size:
                t.set_offset(0)
                t.set_precision(min(precision, 8 * size))
                t.set_size(size)
                t.set_precision(precision)
                t.set_offset(offset)
            values = [0, 1, 5, 2 ** (precision - 1) - 1, 2**precision - 1]
            raw = b"".join((v << offset).to_bytes(size, "little") for v in values)
            raw_dataset(f, name, t, simple(5), raw)


@golden
def floats(path):
    with create(path) as f:
        values = [0.0, -0.0, 1.5, -2.25, np.inf, -np.inf, np.nan, 6e-8, 65504.0]
        for order in "<>":
            for size in (2, 4, 8):
                f["%sf%d" % ("le" if order == "<" else "be", size * 8)] = np.array(values, dtype="%sf%d" % (order, size))
        f["long double"] = np.array([1, -0.5, 3.25], dtype=np.longdouble)
        t = h5t.IEEE_F32LE.copy()
        t.set_fields(15, 7, 8, 0, 7)
        t.set_size(2)
        t.set_ebias(127)
        raw_dataset(f, "bfloat16", t, simple(4), np.array([0x3F80, 0xC000, 0x7F80, 0x0001], "<u2").tobytes())


@golden
def strings(path):
    with create(path) as f:
        texts = ["", "a", "naïve", "日本語", "trailing ", "x" * 300]
        f["variable utf-8"] = texts
        f.create_dataset("variable ascii", data=[b"one", b"two"], dtype=h5py.string_dtype("ascii"))
        f["scalar"] = "scalar text"
        f.create_dataset("unwritten", (3,), dtype=h5py.string_dtype())
        f["fixed ascii"] = np.array([b"abc", b"d", b""], dtype="S5")
        f.create_dataset("fixed utf-8", data=["é".encode(), "ab".encode()], dtype=h5py.string_dtype("utf-8", 4))
        for name, padding in (("terminated", h5t.STR_NULLTERM), ("padded", h5t.STR_NULLPAD), ("spaces", h5t.STR_SPACEPAD)):
            t = h5t.C_S1.copy()
            t.set_size(6)
            t.set_strpad(padding)
            raw_dataset(f, name, t, simple(3), b"ab\0cd\0" + b"ab    " + b"abcdef")
        f["empty"] = h5py.Empty(h5py.string_dtype())


def untimed():
    gcpl = h5p.create(h5p.GROUP_CREATE)
    gcpl.set_obj_track_times(False)
    return gcpl


def raw_attribute(owner, name, type_id, space_id, data):
    """An attribute of any name and datatype; `data` are bytes in that very type."""
    attribute = h5a.create(owner.id, name, type_id, space_id)
    buffer = ctypes.create_string_buffer(bytes(data), max(1, len(data)))
    call("H5Awrite", HID(attribute.id), HID(type_id.id), buffer)


def text_type(size, padding=h5t.STR_NULLPAD, character_set=h5t.CSET_ASCII):
    t = h5t.C_S1.copy()
    t.set_size(size)
    t.set_strpad(padding)
    t.set_cset(character_set)
    return t


KEPT = []


def pointers(*texts):
    """Variable-length strings as libhdf5 takes them from memory, which stay alive."""
    KEPT.append((ctypes.c_char_p * len(texts))(*texts))
    return bytes(KEPT[-1])


def other_encodings_in(f, many):
    """Latin-1 under every label and in names; strings that fill their type, as netCDF and PyTables write them."""
    scalar = h5s.create(h5s.SCALAR)
    variable, variable_utf8 = text_type(h5t.VARIABLE), text_type(h5t.VARIABLE, character_set=h5t.CSET_UTF8)
    root = group(f, "instrument")
    root.attrs["exposure"] = 0.25
    root.attrs["title"] = "naïve"
    raw_attribute(root, b"unit", text_type(2), scalar, b"\xb0C")
    raw_attribute(root, b"operator", variable, scalar, pointers(b"M\xfcller"))
    raw_attribute(root, b"length unit", variable_utf8, scalar, pointers(b"\xb5m"))
    raw_attribute(root, b"seasons", text_type(6), simple(2), b"\xe9t\xe9\0\0\0" + b"hiver\0")
    raw_attribute(root, b"full", text_type(3, h5t.STR_NULLTERM), simple(2), b"abc" + b"de\0")
    raw_attribute(root, b"label", text_type(3), scalar, "é".encode() + b"!")
    raw_attribute(root, b"temp\xe9rature", h5t.IEEE_F32BE, scalar, np.array([21.5], ">f4").tobytes())
    for i in range(20 if many else 0):
        root.attrs["attribute %d" % i] = i
        root["link %d" % i] = h5py.SoftLink("fixed")

    raw_dataset(root, "fixed", text_type(4, h5t.STR_SPACEPAD), simple(3), b"ok  " + b"caf\xe9" + b"\xb0   ")
    raw_dataset(root, "variable", variable_utf8, simple(3), pointers(b"ok", "naïve".encode(), b"\xb0C"))
    row = h5t.create(h5t.COMPOUND, 16)
    row.insert(b"n", 0, h5t.STD_I16BE)
    row.insert(b"unit", 3, text_type(3, h5t.STR_NULLTERM))
    row.insert(b"gr\xf6\xdfe", 8, h5t.STD_I32LE)
    row.insert(b"pair", 12, h5t.array_create(text_type(2, h5t.STR_NULLTERM), (2,)))
    rows = [
        struct.pack(">hx3sxx", n, unit) + struct.pack("<i", -n) + pair
        for n, unit, pair in ((1, b"\xb0C", b"ab\xb5\0"), (2, b"abc", b"\0\0a\0"), (3, b"", b"zzyy"))
    ]
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_chunk((2,))
    growing = h5s.create_simple((3,), (h5s.UNLIMITED,))
    raw_dataset(root, "table", row, growing, b"".join(rows), dcpl)
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_obj_track_times(False)
    sequences = h5py.Dataset(h5d.create(root.id, b"sequences", h5t.vlen_create(text_type(3)), simple(2), dcpl))
    sequences[0] = np.array([b"\xe9t\xe9", b"ab"], "S3")
    colors = h5t.enum_create(h5t.STD_I8LE)
    colors.enum_insert(b"rot", 1)
    colors.enum_insert(b"gr\xfcn", 2)
    raw_dataset(root, "colors", colors, simple(2), b"\1\2")
    micro = h5t.create(h5t.OPAQUE, 2)
    micro.set_tag(b"\xb5")
    raw_dataset(root, "opaque", micro, simple(2), b"\1\2\3\4")
    inner = h5py.Group(h5g.create(root.id, b"caf\xe9", gcpl=untimed()))
    raw_attribute(inner, b"unit", text_type(1), scalar, b"\xb5")
    root.id.links.create_soft(b"z\xfcrich", b"caf\xe9")
    h5o.set_comment(h5o.open(root.id, b"fixed"), b"\xb0C")


@golden
def other_encodings(path):
    with create(path) as f:
        other_encodings_in(f, False)
    with create(path[:-3] + "-v18.h5", V18) as f:
        other_encodings_in(f, True)


@golden
def heaps(path):
    """Strings over many global-heap collections, one object larger than a collection."""
    with create(path) as f:
        f["many"] = ["string %d " % i + "-" * (i % 90) for i in range(700)]
        f["large"] = ["L" * 9000, "", "small"]


@golden
def enums(path):
    with create(path) as f:
        f["bools"] = np.array([[True, False], [False, True]])
        f["bool"] = True
        color = h5py.enum_dtype({"RED": 0, "GREEN": 1, "BLUE": 42, "NEGATIVE": -1}, basetype="<i2")
        f.create_dataset("colors", data=[0, 1, 42, -1, 7], dtype=color)
        f.create_dataset("big", data=[1, 258], dtype=h5py.enum_dtype({"A": 1, "B": 258}, basetype=">u4"))


@golden
def compounds(path):
    inner = np.dtype([("re", "<f4"), ("im", ">f4")])
    outer = np.dtype(
        [("id", "<u2"), ("name", "S6"), ("pos", "<f8", (3,)), ("z", inner), ("ok", "?"), ("grid", ">i2", (2, 2))]
    )
    with create(path) as f:
        a = np.zeros(4, outer)
        for i in range(4):
            a[i] = (i, b"n%d" % i, [i, i + 0.5, -i], (i * 0.25, -i), i % 2 == 0, [[i, 1], [2, -i]])
        f["table"] = a
        f["row"] = a[2]
        f["padded"] = np.array([(1, 2.0), (3, 4.0)], dtype=np.dtype([("c", "i1"), ("d", "<f8")], align=True))
        mixed = np.dtype([("text", h5py.string_dtype()), ("n", "<i8"), ("seq", h5py.vlen_dtype("<f4"))])
        m = np.zeros(2, mixed)
        m[0] = ("héllo", 5, np.array([1, 2], "<f4"))
        m[1] = ("", -5, np.array([], "<f4"))
        f.create_dataset("mixed", data=m, dtype=mixed)
    with create(path[:-3] + "-v18.h5", V18) as f:
        f["table"] = a
        f["complex"] = np.array([1 + 2j, -0.5j])
        f["complex64"] = np.array([[1 + 2j]], dtype="<c8")


@golden
def arrays(path):
    with create(path) as f:
        t = np.dtype(("<i4", (2, 3)))
        f.create_dataset("matrices", (4,), dtype=t)
        f["matrices"][...] = ramp(4, 2, 3, dtype="<i4")
        f.create_dataset("big", (2,), dtype=np.dtype((">f4", (5,))))
        f["big"][...] = ramp(2, 5, dtype=">f4")
        t = h5t.array_create(h5t.py_create(np.dtype("S3")), (2,))
        raw_dataset(f, "strings", t, simple(2), b"abcd\0\0efghi\0")


@golden
def variable_length(path):
    with create(path) as f:
        d = f.create_dataset("ints", (4,), dtype=h5py.vlen_dtype("<i4"))
        d[0] = [1, 2, 3]
        d[1] = []
        d[3] = ramp(2000, dtype="<i4")
        d = f.create_dataset("big", (2,), dtype=h5py.vlen_dtype(">f8"))
        d[0] = [0.5]
        d[1] = [1.5, -2.5]
        nested = h5t.vlen_create(h5t.vlen_create(h5t.STD_I16LE))
        class Hvl(ctypes.Structure):
            _fields_ = [("length", ctypes.c_size_t), ("data", ctypes.c_void_p)]
        keep = []

        def sequence(items, kind):
            array = (kind * len(items))(*items)
            keep.append(array)
            return Hvl(len(items), ctypes.cast(array, ctypes.c_void_p))

        rows = [
            sequence([sequence([1, 2], ctypes.c_int16), sequence([], ctypes.c_int16)], Hvl),
            sequence([sequence([3], ctypes.c_int16)], Hvl),
        ]
        raw_dataset(f, "nested", nested, simple(2), bytes((Hvl * 2)(*rows)))
        d = f.create_dataset("chunked", (6,), chunks=(2,), maxshape=(None,), dtype=h5py.vlen_dtype("u1"))
        d[1] = [7, 8]
        d[5] = [9]


@golden
def opaque_and_bitfields(path):
    with create(path) as f:
        f.create_dataset("void", data=np.array([b"\1\2\3", b"\4"], dtype="V3"))
        t = h5t.create(h5t.OPAQUE, 5)
        t.set_tag(b"five bytes")
        raw_dataset(f, "tagged", t, simple(2), b"helloworld")
        f["time"] = np.array(["2020-01-01", "1960-06-05"], dtype="datetime64[s]").astype(h5py.opaque_dtype("M8[s]"))
        for name, t in (("b8", h5t.STD_B8LE), ("b16be", h5t.STD_B16BE), ("b32", h5t.STD_B32LE), ("b64", h5t.STD_B64LE)):
            raw_dataset(f, name, t, simple(2), bytes(range(2 * t.get_size())))


@golden
def times(path):
    with create(path) as f:
        raw_dataset(f, "unix32", h5t.UNIX_D32LE, simple(2), np.array([0, 1600000000], "<u4").tobytes())
        raw_dataset(f, "unix64be", h5t.UNIX_D64BE, simple(1), np.array([1600000000], ">u8").tobytes())


@golden
def references(path):
    with create(path) as f:
        f["data"] = ramp(6, 5)
        g = group(f, "g")
        commit(f, "type", h5t.STD_I32LE.copy())
        f["objects"] = np.array([f["data"].ref, g.ref, f["type"].ref, f.ref], dtype=h5py.ref_dtype)
        f.create_dataset("null", (2,), dtype=h5py.ref_dtype)
        d = f.create_dataset("regions", (6,), dtype=h5py.regionref_dtype)
        data = f["data"]
        d[0] = data.regionref[1:3, ::2]
        d[1] = data.regionref[...]
        space = simple(6, 5)
        space.select_elements(np.array([[0, 0], [5, 4], [2, 2], [0, 0]]))
        d[2] = h5r.create(f.id, b"data", h5r.DATASET_REGION, space)
        space = simple(6, 5)
        space.select_hyperslab((0, 0), (2, 2))
        space.select_hyperslab((1, 1), (2, 2), op=h5s.SELECT_OR)
        d[3] = h5r.create(f.id, b"data", h5r.DATASET_REGION, space)
        space = simple(6, 5)
        space.select_none()
        d[4] = h5r.create(f.id, b"data", h5r.DATASET_REGION, space)
        victim = group(f, "victim")
        f["dead"] = np.array([victim.ref], dtype=h5py.ref_dtype)
        del f["victim"]
        f["record"] = np.array([(1, f["data"].ref)], dtype=[("i", "<i4"), ("r", h5py.ref_dtype)])


@golden
def complex_numbers(path):
    with create(path) as f:
        f["c16"] = np.array([1 + 2j, complex(np.nan, -np.inf), 0])
        f["c8"] = np.array([[0.5j, -1]], dtype="<c8")
        f["big"] = np.array([3 - 4j], dtype=">c16")
        f["scalar"] = 1j


@golden
def committed_types(path):
    with create(path) as f:
        g = group(f, "types")
        commit(g, "float", h5t.IEEE_F32BE.copy())
        commit(g, "record", h5t.py_create(np.dtype([("a", "<i4"), ("b", "S3")]), logical=True))
        commit(g, "text", h5t.py_create(h5py.string_dtype(), logical=True))
        f.create_dataset("floats", data=ramp(3), dtype=g["float"])
        f.create_dataset("texts", data=["x", "yy"], dtype=g["text"])
        f["again"] = g["float"]
        g["float"].attrs["unit"] = "K"
    with create(path[:-3] + "-v18.h5", V18) as f:
        commit(f, "word", h5t.STD_U16LE.copy())
        f.create_dataset("words", data=ramp(3, dtype="<u2"), dtype=f["word"])
        f.attrs.create("w", 3, dtype=f["word"])


# ---------------------------------------------------------------- dataspaces and layouts


@golden
def dataspaces(path):
    with create(path) as f:
        f["scalar"] = 3.5
        f["null"] = h5py.Empty("<i4")
        f["zero"] = np.zeros((0,))
        f["zero inside"] = np.zeros((2, 0, 3), "i1")
        f["one"] = np.ones((1,))
        f["rank 6"] = ramp(2, 1, 3, 2, 1, 2, dtype="<i2")
        f.create_dataset("limits", data=ramp(2, 3), maxshape=(10, None), chunks=(2, 2))
        f.create_dataset("zero unlimited", (0, 4), maxshape=(None, 4), dtype="<f4")
        f.create_dataset("rank 32", data=np.ones((1,) * 32, "i1"))


@golden
def layouts(path):
    def compact():
        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_layout(h5d.COMPACT)
        return dcpl

    with create(path) as f:
        raw_dataset(f, "compact", h5t.IEEE_F64LE, simple(8), ramp(8).tobytes(), compact())
        raw_dataset(f, "compact unwritten", h5t.STD_I32BE, simple(3), None, compact())
        f["contiguous"] = ramp(50, 4)
        f.create_dataset("contiguous unallocated", (5,), dtype="<i4")
        f.create_dataset("chunked", data=ramp(17, 23, dtype="<i4"), chunks=(5, 7))
        f.create_dataset("one chunk", data=ramp(3, 3), chunks=(3, 3))
        f.create_dataset("rank 3", data=ramp(4, 5, 6, dtype="<u2"), chunks=(2, 5, 4))
    with create(path[:-3] + "-v18.h5", V18) as f:
        raw_dataset(f, "compact", h5t.IEEE_F64LE, simple(8), ramp(8).tobytes(), compact())
        f["contiguous"] = ramp(5, 4)
        f.create_dataset("chunked", data=ramp(17, 23, dtype="<i4"), chunks=(5, 7))


@golden
def chunk_btree_deep(path):
    with create(path, istore_k=2) as f:
        d = f.create_dataset("d", (64, 9), chunks=(4, 1), maxshape=(None, None), dtype="<i2")
        order = [(i * 41 % 144) for i in range(144)]
        whole = ramp(64, 9, dtype="<i2")
        for k in order:
            if k % 11:
                i, j = divmod(k, 9)
                d[4 * i : 4 * i + 4, j] = whole[4 * i : 4 * i + 4, j]


@golden
def chunk_indexes(path):
    """Every index of layout version 4, its paged forms, and partial edge chunks that are not filtered."""
    data = ramp(17, 23, dtype="<i4")
    packed = {"compression": "gzip", "shuffle": True}
    with create(path, LATEST) as f:
        for suffix, options in (("", {}), (" filtered", packed)):
            f.create_dataset("single" + suffix, data=data, chunks=(17, 23), **options)
            f.create_dataset("fixed array" + suffix, data=data, chunks=(5, 7), **options)
            f.create_dataset("extensible array" + suffix, data=data, chunks=(3, 4), maxshape=(None, 23), **options)
            f.create_dataset("tree" + suffix, data=data, chunks=(2, 3), maxshape=(None, None), **options)
            d = f.create_dataset("sparse" + suffix, (900, 40), "<i2", chunks=(9, 4), maxshape=(None, 80), fillvalue=-1, **options)
            d[500:520, 3:9] = 7
            d[890:, 39] = 8
        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_chunk((4, 5))
        dcpl.set_alloc_time(h5d.ALLOC_TIME_EARLY)
        raw_dataset(f, "implicit", h5t.STD_I32LE, simple(17, 23), data.tobytes(), dcpl)
        f.create_dataset("unwritten", (10, 10), "<f4", chunks=(3, 3), fillvalue=2)
        f.create_dataset("empty", (0, 4), "<f4", chunks=(3, 3), maxshape=(None, 4))
        for name, most in (("edges fixed", (17, 23)), ("edges extensible", (None, 23)), ("edges tree", (None, None))):
            dcpl = h5p.create(h5p.DATASET_CREATE)
            dcpl.set_chunk((5, 7))
            dcpl.set_deflate(4)
            call("H5Pset_chunk_opts", HID(dcpl.id), ctypes.c_uint(2))
            space = h5s.create_simple((17, 23), tuple(h5s.UNLIMITED if extent is None else extent for extent in most))
            raw_dataset(f, name, h5t.STD_I32LE, space, data.tobytes(), dcpl)


@golden
def chunk_indexes_paged(path):
    """More chunks than fit a page of an index; extensible arrays with super blocks; trees of several levels."""
    numbers = ramp(3000, dtype="u1")
    with create(path, LATEST) as f:
        f.create_dataset("fixed array", data=numbers, chunks=(1,))
        f.create_dataset("extensible array", data=numbers, chunks=(1,), maxshape=(None,))
        d = f.create_dataset("extensible array sparse", (200000,), "u1", chunks=(4,), maxshape=(None,), fillvalue=3)
        d[5] = 1
        d[199990:] = 2
        d = f.create_dataset("fixed array sparse", (40000,), "u1", chunks=(4,), compression="gzip", fillvalue=3)
        d[17000:17030] = 1
        f.create_dataset("tree", data=numbers.reshape(60, 50), chunks=(1, 2), maxshape=(None, None))


@golden
def filters_packing(path):
    """LZF, scale-offset, n-bit and szip."""
    integers = (ramp(40, 30, dtype="<i4") % 97).astype("<i4")
    floats = np.round(np.sin(ramp(40, 30) / 50) * 100, 2)
    with create(path) as f:
        for name, data in (("integers", integers), ("floats", floats), ("big", integers.astype(">i2")), ("bytes", integers.astype("u1"))):
            f.create_dataset("lzf " + name, data=data, chunks=(16, 16), compression="lzf")
            f.create_dataset("szip nn " + name, data=data, chunks=(16, 16), compression="szip", compression_opts=("nn", 8))
            f.create_dataset("szip ec " + name, data=data, chunks=(16, 16), compression="szip", compression_opts=("ec", 32))
        f.create_dataset("lzf all", data=integers, chunks=(16, 16), compression="lzf", shuffle=True, fletcher32=True)
        f.create_dataset("lzf text", data=np.array([b"abc", b"de"] * 8), chunks=(5,), compression="lzf")
        f.create_dataset("scale-offset integers", data=integers, chunks=(16, 16), scaleoffset=0)
        f.create_dataset("scale-offset 3 bits", data=integers % 8, chunks=(16, 16), scaleoffset=3)
        f.create_dataset("scale-offset big", data=integers.astype(">u2"), chunks=(16, 16), scaleoffset=0)
        f.create_dataset("scale-offset floats", data=floats, chunks=(16, 16), scaleoffset=2)
        f.create_dataset("scale-offset single", data=floats.astype("<f4"), chunks=(16, 16), scaleoffset=2)
        d = f.create_dataset("scale-offset fill", (40, 30), "<i4", chunks=(16, 16), scaleoffset=0, fillvalue=-5)
        d[10:30, 10:20] = integers[10:30, 10:20]
        nibbles = h5t.STD_I16LE.copy()
        nibbles.set_precision(11)
        nibbles.set_offset(3)
        shorter = h5t.IEEE_F32BE.copy()
        shorter.set_fields(26, 20, 6, 7, 13)
        shorter.set_offset(7)
        shorter.set_precision(20)
        shorter.set_size(4)
        shorter.set_ebias(31)
        record = h5t.create(h5t.COMPOUND, 9)
        record.insert(b"a", 0, nibbles)
        record.insert(b"b", 3, shorter)
        record.insert(b"c", 7, h5t.array_create(h5t.STD_U8LE, (2,)))
        kinds = {"integers": nibbles, "floats": shorter, "array": h5t.array_create(nibbles, (3,)), "record": record}
        for name, kind in kinds.items():
            for suffix, nbit in (("", True), (" unpacked", False)):
                dcpl = h5p.create(h5p.DATASET_CREATE)
                dcpl.set_chunk((7,))
                if nbit:
                    dcpl.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL)
                raw = bytes(range(256)) * 2
                raw_dataset(f, "n-bit %s%s" % (name, suffix), kind, simple(20), raw[: 20 * kind.get_size()], dcpl)
        f.create_dataset("n-bit unchanged", data=integers, chunks=(16, 16), compression=h5z.FILTER_NBIT)
        f.create_dataset("n-bit opaque", data=np.array([b"abc", b"de"] * 8, "V3"), chunks=(5,), compression=h5z.FILTER_NBIT)


@golden
def filters(path):
    data = ramp(40, 30, dtype="<i4")
    with create(path) as f:
        f.create_dataset("deflate", data=data, chunks=(16, 16), compression="gzip", compression_opts=9)
        f.create_dataset("shuffle", data=data, chunks=(16, 16), shuffle=True)
        f.create_dataset("fletcher32", data=data, chunks=(16, 16), fletcher32=True)
        f.create_dataset("all", data=data, chunks=(16, 16), compression="gzip", shuffle=True, fletcher32=True)
        f.create_dataset("odd", data=ramp(7, dtype="u1"), chunks=(7,), fletcher32=True, compression="gzip")
        f.create_dataset("text", data=np.array([b"abc", b"de"] * 8), chunks=(5,), compression="gzip", shuffle=True)
        f.create_dataset("growing", data=data, chunks=(16, 16), maxshape=(None, None), compression="gzip")
        f["growing"].resize((50, 20))
        d = f.create_dataset("masked", (4, 4), chunks=(2, 2), dtype="<i2", compression="gzip", shuffle=True)
        d[...] = ramp(4, 4, dtype="<i2")
        d.id.write_direct_chunk((0, 2), ramp(4, dtype="<i2").tobytes(), filter_mask=0x3)
    with create(path[:-3] + "-v18.h5", V18) as f:
        f.create_dataset("all", data=data, chunks=(16, 16), compression="gzip", shuffle=True, fletcher32=True)


@golden
def fill_values(path):
    with create(path) as f:
        f.create_dataset("default", (5,), dtype="<f4", chunks=(2,))
        f.create_dataset("user", (5, 5), dtype="<i4", chunks=(2, 2), fillvalue=-7)
        f["user"][1:3, 1:3] = 1
        f.create_dataset("contiguous", (4,), dtype=">f8", fillvalue=1.5)
        f.create_dataset("text", (3,), dtype="S4", fillvalue=b"none", chunks=(2,))
        f.create_dataset("grown", data=ramp(3), maxshape=(None,), chunks=(4,), fillvalue=9)
        f["grown"].resize((11,))
        f["grown"].resize((2,))
        f["grown"].resize((7,))
        record = np.dtype([("a", "<i2"), ("b", "<f4")])
        f.create_dataset("record", (2,), dtype=record, chunks=(1,), fillvalue=np.array((3, 0.5), record)[()])
        for name, time in (("early", h5d.ALLOC_TIME_EARLY), ("late", h5d.ALLOC_TIME_LATE), ("step", h5d.ALLOC_TIME_INCR)):
            dcpl = h5p.create(h5p.DATASET_CREATE)
            dcpl.set_chunk((2,))
            dcpl.set_alloc_time(time)
            dcpl.set_fill_value(np.array(5, "<i4"))
            raw_dataset(f, name, h5t.STD_I32LE, simple(5), None, dcpl)
        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_fill_time(h5d.FILL_TIME_NEVER)
        raw_dataset(f, "never", h5t.STD_I32LE, simple(5), np.arange(5, dtype="<i4").tobytes(), dcpl)
        dcpl = h5p.create(h5p.DATASET_CREATE)
        call("H5Pset_fill_value", HID(dcpl.id), HID(h5t.STD_I32LE.id), None)
        raw_dataset(f, "undefined", h5t.STD_I32LE, simple(2), b"\1\0\0\0\2\0\0\0", dcpl)
    with create(path[:-3] + "-v18.h5", V18) as f:
        f.create_dataset("user", (5, 5), dtype="<i4", chunks=(2, 2), fillvalue=-7)
        f.create_dataset("default", (5,), dtype="<f4", chunks=(2,))
        f.create_dataset("contiguous", (4,), dtype=">f8", fillvalue=1.5)


# ---------------------------------------------------------------- files as people have them


@golden
def edited(path):
    """Opened again and again: free space, relocated messages, deleted objects."""
    with create(path) as f:
        for i in range(20):
            f.create_dataset("d%d" % i, data=ramp(i + 1), maxshape=(None,), chunks=(8,), compression="gzip")
    for step in range(3):
        with h5py.File(path, "r+") as f:
            for i in (i for i in range(step, 20, 3) if "d%d" % i in f):
                f["d%d" % i].resize((i + 10,))
                f["d%d" % i][-3:] = step
                f["d%d" % i].attrs["step"] = "step " * (step * i + 1)
            del f["d%d" % (step + 10)]
            f.create_dataset("new %d" % step, data=ramp(step + 2, 2))


@golden
def experiment(path):
    """A measurement as h5py users keep it."""
    with create(path) as f:
        f.attrs["NX_class"] = "NXroot"
        entry = group(f, "entry")
        entry.attrs["operator"] = "A. Diver"
        entry.attrs["tags"] = ["calibrated", "night run"]
        entry["start_time"] = "2024-05-17T21:04:00+02:00"
        detector = group(entry, "detector")
        y, x = np.mgrid[0:64, 0:96]
        frames = [
            (100 * np.exp(-((x - 20 - 5 * k) ** 2 + (y - 30) ** 2) / 200.0)).astype("<u2") for k in range(6)
        ]
        images = detector.create_dataset(
            "images", data=np.array(frames), chunks=(1, 32, 48), maxshape=(None, 64, 96), compression="gzip", shuffle=True
        )
        images.attrs["unit"] = "counts"
        images.attrs["exposure"] = 0.25
        trace = detector.create_dataset("trace", data=np.sin(np.arange(500) / 20), maxshape=(None,), chunks=(128,))
        trace.attrs["unit"] = "mV"
        events = np.zeros(5, dtype=[("frame", "<u4"), ("energy", "<f8"), ("label", "S8")])
        for i in range(5):
            events[i] = (i, 1.5 * i, b"peak %d" % i)
        entry["events"] = events
        entry["good"] = np.array([True, True, False, True, True, True])
        f["latest"] = h5py.SoftLink("/entry/detector/images")


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else HERE
    os.makedirs(directory, exist_ok=True)
    for name in sorted(GOLDEN):
        GOLDEN[name](os.path.join(directory, name))


main()
