"""Random datatypes of every class with random elements, as libhdf5 wants them in memory."""
import ctypes
import struct

from h5py import h5r, h5t

from libhdf5 import HID, call

WORDS = ["a", "count", "größe", "x y", "日本", "UPPER", "_", "a.b", "é" * 9, "n" * 40]


class Kind:
    """
    A datatype and the way to make one element of it; `keep` holds the buffers that the element points to.

    `plain` types have no pointers; elements of `single` types have at most one, to what is plain; `knotted` types have
    arrays of pointers, or compounds of them, and `deep` types pointers to pointers. While libhdf5 1.10 writes arrays of
    types that are not single, sequences of knotted ones, or compounds of deep ones, it frees some of their heap objects.
    Numbers of `tame` types are of a magnitude that decimal scaling can pack.
    """

    def __init__(self, tid, make, plain=True, single=None, knotted=False, deep=False, tame=False):
        self.tid = tid
        self.size = tid.get_size()
        self.make = make
        self.plain = plain
        self.single = plain if single is None else single
        self.knotted = knotted
        self.deep = deep
        self.tame = tame

    def elements(self, count, keep):
        if self.plain and count > 64:
            block = b"".join(self.make(keep) for _ in range(64))
            return (block * (count // 64 + 1))[: count * self.size]
        return b"".join(self.make(keep) for _ in range(count))


def address_of(data, keep):
    buffer = ctypes.create_string_buffer(data, max(1, len(data)))
    keep.append(buffer)
    return ctypes.addressof(buffer)


def bits(rng, size):
    """Bytes that compress now and then."""
    style = rng.random()
    if style < 0.3:
        return bytes(size)
    if style < 0.6:
        return rng.randrange(300).to_bytes(8, "little").ljust(size, b"\0")[:size]
    return rng.randbytes(size)


def order(rng, tid):
    if tid.get_size() > 1:
        tid.set_order(rng.choice((h5t.ORDER_LE, h5t.ORDER_BE)))


def narrow(rng, tid):
    """Odd precision, offset and padding."""
    size = tid.get_size()
    precision = rng.randint(1, 8 * size)
    call("H5Tset_precision", HID(tid.id), ctypes.c_size_t(precision))
    call("H5Tset_offset", HID(tid.id), ctypes.c_size_t(rng.randint(0, 8 * size - precision)))
    if rng.random() < 0.5:
        pads = (h5t.PAD_ZERO, h5t.PAD_ONE)
        call("H5Tset_pad", HID(tid.id), rng.choice(pads), rng.choice(pads))


def integer(rng, sizes=(1, 1, 2, 2, 4, 4, 4, 8, 8, 3, 5, 6, 7, 11, 16)):
    tid = rng.choice((h5t.STD_I64LE, h5t.STD_U64LE)).copy()
    tid.set_size(rng.choice(sizes))
    tid.set_precision(8 * tid.get_size())
    order(rng, tid)
    if rng.random() < 0.15:
        narrow(rng, tid)
    size = tid.get_size()
    return Kind(tid, lambda keep: bits(rng, size))


# (size, sign, exponent position and size, mantissa position and size, bias, normalization)
LAYOUTS = [
    (2, 15, 10, 5, 0, 10, 15, h5t.NORM_IMPLIED),
    (2, 15, 7, 8, 0, 7, 127, h5t.NORM_IMPLIED),
    (3, 23, 15, 8, 0, 15, 127, h5t.NORM_IMPLIED),
    (4, 31, 23, 8, 0, 23, 127, h5t.NORM_MSBSET),
    (4, 30, 20, 6, 2, 18, 31, h5t.NORM_NONE),
    (1, 7, 3, 4, 0, 3, 7, h5t.NORM_IMPLIED),
    (10, 79, 64, 15, 0, 64, 16383, h5t.NORM_NONE),
    (16, 79, 64, 15, 0, 64, 16383, h5t.NORM_NONE),
    (16, 127, 112, 15, 0, 112, 16383, h5t.NORM_IMPLIED),
]


def floating(rng):
    if rng.random() < 0.2:
        tid, code = rng.choice(((h5t.IEEE_F32LE, "<f"), (h5t.IEEE_F64LE, "<d")))
        return Kind(tid.copy(), lambda keep: struct.pack(code, rng.uniform(-100, 100)), tame=True)
    if rng.random() < 0.6:
        tid = rng.choice((h5t.IEEE_F32LE, h5t.IEEE_F64LE, h5t.IEEE_F32BE, h5t.IEEE_F64BE)).copy()
    else:
        size, sign, exponent, exponents, mantissa, mantissas, bias, norm = rng.choice(LAYOUTS)
        tid = h5t.IEEE_F64LE.copy()
        if size > 8:
            tid.set_size(size)
            tid.set_precision(sign + 1)
        tid.set_fields(sign, exponent, exponents, mantissa, mantissas)
        tid.set_precision(sign + 1 if sign + 1 > 8 * size - 2 or size == 16 else 8 * size)
        tid.set_size(size)
        tid.set_ebias(bias)
        tid.set_norm(norm)
        if rng.random() < 0.5:
            tid.set_inpad(rng.choice((h5t.PAD_ZERO, h5t.PAD_ONE)))
        order(rng, tid)
    size = tid.get_size()
    return Kind(tid, lambda keep: bits(rng, size))


def time(rng):
    tid = rng.choice((h5t.UNIX_D32LE, h5t.UNIX_D32BE, h5t.UNIX_D64LE, h5t.UNIX_D64BE)).copy()
    size = tid.get_size()
    return Kind(tid, lambda keep: bits(rng, size))


def bitfield(rng):
    tid = rng.choice((h5t.STD_B8LE, h5t.STD_B16LE, h5t.STD_B32BE, h5t.STD_B64LE, h5t.STD_B64BE)).copy()
    if rng.random() < 0.4:
        narrow(rng, tid)
    size = tid.get_size()
    return Kind(tid, lambda keep: bits(rng, size))


def opaque(rng):
    tid = h5t.create(h5t.OPAQUE, rng.randint(1, 20))
    tid.set_tag(rng.choice((b"", b"tag", b"a longer tag with spaces")))
    size = tid.get_size()
    return Kind(tid, lambda keep: bits(rng, size))


def characters(rng, length):
    text = "".join(rng.choice(WORDS + ["", " ", "\n", "e"]) for _ in range(rng.randint(0, 6))).encode()
    if rng.random() < 0.1:
        text = rng.randbytes(length)
    return text[:length]


def fixed_string(rng):
    tid = h5t.C_S1.copy()
    tid.set_size(rng.randint(1, 24))
    tid.set_strpad(rng.choice((h5t.STR_NULLTERM, h5t.STR_NULLPAD, h5t.STR_SPACEPAD)))
    tid.set_cset(rng.choice((h5t.CSET_ASCII, h5t.CSET_UTF8)))
    size = tid.get_size()
    return Kind(tid, lambda keep: characters(rng, size).ljust(size, rng.choice((b"\0", b" "))))


def variable_string(rng):
    tid = h5t.C_S1.copy()
    tid.set_size(h5t.VARIABLE)
    tid.set_strpad(rng.choice((h5t.STR_NULLTERM, h5t.STR_NULLPAD, h5t.STR_SPACEPAD)))
    tid.set_cset(rng.choice((h5t.CSET_ASCII, h5t.CSET_UTF8)))

    def make(keep):
        if rng.random() < 0.1:
            return bytes(8)
        text = characters(rng, 200) * rng.choice((1, 1, 1, 40))
        return struct.pack("=Q", address_of(text + b"\0", keep))

    return Kind(tid, make, plain=False, single=True)


def enumeration(rng):
    base = integer(rng, sizes=(1, 2, 4, 8))
    size = base.size
    tid = h5t.enum_create(base.tid)
    limit = 2 ** min(62, base.tid.get_precision() - 1)
    values = {rng.randrange(0, limit) for _ in range(rng.randint(1, 12))}
    values |= {0} if limit > 1 else set()
    for index, value in enumerate(rng.sample(sorted(values), len(values))):
        tid.enum_insert(("%s%d" % (rng.choice(WORDS), index)).encode(), value)
    return Kind(tid, lambda keep: bits(rng, size))


def array(rng, depth, references):
    base = random_kind(rng, depth + 1, references)
    while not base.single:
        base = random_kind(rng, depth + 1, references)
    dims = tuple(rng.randint(1, 4) for _ in range(rng.choice((1, 1, 2, 3))))
    count = 1
    for extent in dims:
        count *= extent
    tid = h5t.array_create(base.tid, dims)
    return Kind(tid, lambda keep: b"".join(base.make(keep) for _ in range(count)), base.plain, knotted=not base.plain)


def sequence(rng, depth, references):
    base = random_kind(rng, depth + 1, references)
    while base.knotted:
        base = random_kind(rng, depth + 1, references)

    def make(keep):
        count = rng.choice((0, 0, 1, 2, 3, rng.randint(0, 60 if base.plain else 6)))
        if count == 0:
            return struct.pack("=QQ", 0, 0)
        return struct.pack("=QQ", count, address_of(b"".join(base.make(keep) for _ in range(count)), keep))

    return Kind(h5t.vlen_create(base.tid), make, plain=False, single=base.plain, deep=not base.plain)


def compound(rng, depth, references):
    members = []
    offset = 0
    for index in range(rng.choice((1, 2, 2, 3, 4, 7, 20) if depth == 0 else (1, 2, 3))):
        kind = random_kind(rng, depth + 1, references)
        while kind.deep:
            kind = random_kind(rng, depth + 1, references)
        offset += rng.choice((0, 0, 0, 1, 5))
        members.append((("%s %d" % (rng.choice(WORDS), index)).encode(), offset, kind))
        offset += kind.size
    size = offset + rng.choice((0, 0, 3))
    tid = h5t.create(h5t.COMPOUND, size)
    for name, at, kind in rng.sample(members, len(members)) if rng.random() < 0.3 else members:
        tid.insert(name, at, kind.tid)

    def make(keep):
        element = bytearray(size)
        for _, at, kind in members:
            element[at : at + kind.size] = kind.make(keep)
        return bytes(element)

    kinds = [kind for _, _, kind in members]
    knotted = any(kind.knotted or not kind.single for kind in kinds)
    return Kind(tid, make, all(kind.plain for kind in kinds), knotted=knotted)


def object_reference(rng, references):
    def make(keep):
        if rng.random() < 0.15 or not references.paths:
            return bytes(8)
        buffer = ctypes.create_string_buffer(8)
        call("H5Rcreate", buffer, HID(references.file.id), rng.choice(references.paths), 0, HID(-1))
        return buffer.raw

    return Kind(h5t.STD_REF_OBJ.copy(), make, plain=False, single=True)


def region_reference(rng, references):
    def make(keep):
        if rng.random() < 0.15 or not references.datasets:
            return bytes(12)
        path, shape = rng.choice(references.datasets)
        references.used.add(path)
        space = references.selection(rng, shape)
        buffer = ctypes.create_string_buffer(12)
        call("H5Rcreate", buffer, HID(references.file.id), path, h5r.DATASET_REGION, HID(space.id))
        return buffer.raw

    return Kind(h5t.STD_REF_DSETREG.copy(), make, plain=False, single=True)


def random_kind(rng, depth, references):
    """A datatype of any class; `references` is what references may point to, or None for a type without pointers."""
    roll = rng.random()
    if depth < 3 and roll < 0.30:
        return rng.choice((array, compound, compound) + ((sequence,) if references else ()))(rng, depth, references)
    if references and roll < 0.50:
        return rng.choice(
            (
                variable_string,
                variable_string,
                lambda r: object_reference(r, references),
                lambda r: region_reference(r, references),
                lambda r: sequence(r, 2, references),
            )
        )(rng)
    return rng.choice((integer, integer, floating, floating, fixed_string, enumeration, bitfield, opaque, time))(rng)
