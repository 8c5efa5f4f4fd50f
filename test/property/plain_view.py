"""What libhdf5 sees in a file, in the form of part of the h5canon/1 lines: objects, shapes, storage and values."""
import ctypes
import hashlib
import json

from h5py import h5a, h5d, h5f, h5g, h5l, h5o, h5r, h5s, h5t

from libhdf5 import HID, LIB, call


def text(raw):
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else "\\x%02x" % byte for byte in raw)


def counted(raw):
    return len(raw).to_bytes(4, "little") + raw


class View:
    def __init__(self, file):
        self.file = file
        self.paths = {}
        self.encoders = {}

    # ------------------------------------------------------------ values

    def encoder(self, tid):
        """A function from the bytes of one element in memory to its canonical bytes."""
        kind = tid.get_class()
        size = tid.get_size()
        if kind in (h5t.INTEGER, h5t.FLOAT, h5t.TIME, h5t.BITFIELD, h5t.ENUM):
            base = tid.get_super() if kind == h5t.ENUM else tid
            turned = LIB.H5Tget_order(HID(base.id)) == h5t.ORDER_BE
            return (lambda raw: raw[::-1]) if turned else bytes
        if kind == h5t.OPAQUE:
            return bytes
        if kind == h5t.STRING:
            return variable_string if tid.is_variable_str() else fixed_string(tid.get_strpad())
        if kind == h5t.ARRAY:
            part = self.encoder(tid.get_super())
            step = tid.get_super().get_size()
            return lambda raw: b"".join(part(raw[at : at + step]) for at in range(0, size, step))
        if kind == h5t.VLEN:
            return self.sequence(tid.get_super())
        if kind == h5t.COMPOUND:
            return self.compound(tid)
        if tid.equal(h5t.STD_REF_DSETREG):
            return self.region_reference
        # Within committed types the same references have the sizes that they have in the file, and equal none.
        offset_size = self.file.get_create_plist().get_sizes()[0]
        is_object = tid.equal(h5t.STD_REF_OBJ) or size == offset_size
        return self.object_reference if is_object else self.region_reference

    def sequence(self, base):
        part = self.encoder(base)
        step = base.get_size()

        def encode(raw):
            count = int.from_bytes(raw[:8], "little")
            items = ctypes.string_at(int.from_bytes(raw[8:], "little"), count * step) if count else b""
            parts = [part(items[at : at + step]) for at in range(0, count * step, step)]
            return count.to_bytes(4, "little") + b"".join(parts)

        return encode

    def compound(self, tid):
        members = []
        for index in range(tid.get_nmembers()):
            at = tid.get_member_offset(index)
            member = tid.get_member_type(index)
            members.append((at, at + member.get_size(), self.encoder(member)))
        members.sort(key=lambda member: member[0])
        return lambda raw: b"".join(part(raw[start:end]) for start, end, part in members)

    def object_reference(self, raw):
        address = int.from_bytes(raw, "little")
        if address in (0, 2**64 - 1):
            return counted(b"")
        return counted(self.paths.get(address, b"<unresolved>"))

    def region_reference(self, raw):
        if not any(raw):
            return bytes(4)
        buffer = ctypes.create_string_buffer(raw, len(raw))
        LIB.H5Rdereference2.restype = HID
        LIB.H5Rget_region.restype = HID
        target = LIB.H5Rdereference2(HID(self.file.id), HID(0), 1, buffer)
        if target < 0:
            return counted(b"<unresolved>")
        path = self.paths.get(h5o.get_info(h5d.DatasetID(target)).addr, b"<unresolved>")
        space = h5s.SpaceID(LIB.H5Rget_region(HID(self.file.id), 1, buffer))
        return counted(path) + selection(space)

    def value(self, read, tid, count, record):
        size = tid.get_size()
        buffer = ctypes.create_string_buffer(max(1, size * count))
        if count:
            try:
                call(*read(buffer))
            except RuntimeError:
                record["error"] = "read"
                return
        part = self.encoder(tid)
        raw = buffer.raw
        data = b"".join(part(raw[at : at + size]) for at in range(0, size * count, size))
        record["sha256"] = hashlib.sha256(data).hexdigest()
        record["nbytes"] = len(data)

    # ------------------------------------------------------------ objects

    def attributes(self, target):
        records = []
        for index in range(h5a.get_num_attrs(target)):
            attribute = h5a.open(target, index=index)
            tid = attribute.get_type()
            space = attribute.get_space()
            record = {"name": text(attribute.name), "shape": shape_of(space)}
            read = lambda buffer: ("H5Aread", HID(attribute.id), HID(tid.id), buffer)
            self.value(read, tid, space.get_simple_extent_npoints(), record)
            records.append((attribute.name, record))
        return [record for _, record in sorted(records, key=lambda pair: pair[0])]

    def dataset(self, dataset, record):
        tid = dataset.get_type()
        space = dataset.get_space()
        plist = dataset.get_create_plist()
        record["shape"] = shape_of(space)
        record["layout"] = ("compact", "contiguous", "chunked", "virtual")[plist.get_layout()]
        if record["layout"] == "chunked":
            record["chunk"] = list(plist.get_chunk())
        if plist.get_nfilters() > 0:
            record["filters"] = [filter_at(plist, index) for index in range(plist.get_nfilters())]
        read = lambda buffer: ("H5Dread", HID(dataset.id), HID(tid.id), HID(0), HID(0), HID(0), buffer)
        self.value(read, tid, space.get_simple_extent_npoints(), record)

    def walk(self):
        """Every link depth first: (path, kind, object or target)."""
        plan = []
        stack = [(b"/", None, None)]
        while stack:
            path, parent, name = stack.pop()
            target = h5g.open(self.file, b"/")
            if parent is not None:
                info = parent.links.get_info(name)
                if info.type != h5l.TYPE_HARD:
                    plan.append((path, "link", parent.links.get_val(name)))
                    continue
                target = h5o.open(parent, name)
            address = h5o.get_info(target).addr
            if address in self.paths:
                plan.append((path, "alias", self.paths[address]))
                continue
            self.paths[address] = path
            plan.append((path, "object", target))
            if isinstance(target, h5g.GroupID):
                names = []
                target.links.iterate(lambda entry: names.append(bytes(entry)) and None)
                prefix = path if path == b"/" else path + b"/"
                stack.extend((prefix + entry, target, entry) for entry in sorted(names, reverse=True))
        return plan

    def lines(self):
        for path, kind, target in self.walk():
            record = {"path": text(path)}
            if kind == "alias":
                record.update(kind="alias", of=text(target))
            elif kind == "link" and isinstance(target, tuple):
                record.update(kind="externallink", file=text(target[0]), target=text(target[1]))
            elif kind == "link":
                record.update(kind="softlink", target=text(target))
            else:
                record["attrs"] = self.attributes(target)
                record["kind"] = "group"
                if isinstance(target, h5d.DatasetID):
                    record["kind"] = "dataset"
                    self.dataset(target, record)
                elif isinstance(target, h5t.TypeID):
                    record["kind"] = "datatype"
            yield record


def shape_of(space):
    return None if space.get_simple_extent_type() == h5s.NULL else list(space.get_simple_extent_dims())


def filter_at(plist, index):
    """A filter of a pipeline; h5py would leave out client data past the sixteenth."""
    flags = ctypes.c_uint()
    count = ctypes.c_size_t(256)
    values = (ctypes.c_uint * 256)()
    name = ctypes.create_string_buffer(256)
    arguments = (HID(plist.id), index, ctypes.byref(flags), ctypes.byref(count), values, ctypes.c_size_t(256), name, None)
    filter_id = call("H5Pget_filter2", *arguments)
    return {"id": filter_id, "optional": bool(flags.value & 1), "cd": list(values[: count.value])}


def variable_string(raw):
    pointer = int.from_bytes(raw, "little")
    return counted(ctypes.string_at(pointer) if pointer else b"")


def fixed_string(padding):
    if padding == h5t.STR_NULLTERM:
        return lambda raw: counted(raw.split(b"\0", 1)[0])
    return lambda raw: counted(raw.rstrip(b"\0" if padding == h5t.STR_NULLPAD else b" "))


def selection(space):
    """The canonical bytes of a selection of at most 4,096 points, and of the bounds of a larger one."""
    kind = space.get_select_type()
    if kind == h5s.SEL_NONE:
        return b"\0"
    if kind == h5s.SEL_ALL:
        return b"\3"
    count = space.get_select_npoints()
    out = bytes([1 if kind == h5s.SEL_POINTS else 2]) + space.get_simple_extent_ndims().to_bytes(4, "little")
    out += count.to_bytes(8, "little")
    if count > 4096:
        points = space.get_select_bounds()
    elif kind == h5s.SEL_POINTS:
        points = space.get_select_elem_pointlist()
    else:
        points = sorted({point for block in space.get_select_hyper_blocklist() for point in block_points(*block)})
    return out + b"".join(int(at).to_bytes(8, "little") for point in points for at in point)


def block_points(low, high):
    points = [()]
    for start, end in zip(low, high):
        points = [point + (at,) for point in points for at in range(int(start), int(end) + 1)]
    return points


def write(path, output):
    file = h5f.open(path.encode(), h5f.ACC_RDONLY)
    with open(output, "w", encoding="utf-8", newline="\n") as out:
        for record in View(file).lines():
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
