"""The rules by which objects lie in a file, as the reference page of Python's jangada and the files it writes have them.

    python-rules.py check < paths     checks each file, and loads it by the rules: JSON on standard output
    python-rules.py write FOLDER N S  writes N files as Python's library stores them, with a JSON of what each holds

What a file holds is told as a tree of records with a `type`: integers and nanoseconds as decimal strings, floats as the
hexadecimal digits of their 64 bits, elements of arrays as base64 of their little-endian bytes.
"""

import base64
import json
import os
import random
import struct
import sys

import h5py
import numpy

ARRAY = "numpy.ndarray"
TIMESTAMP = "pandas._libs.tslibs.timestamps.Timestamp"
DATETIME_INDEX = "pandas.core.indexes.datetimes.DatetimeIndex"
NONE = "NoneType:None"
PATH = "Path:"

# ---------------------------------------------------------------------------------------------------------------- values


def float_text(value):
    return "nan" if value != value else struct.pack(">d", float(value)).hex()


def dtype_text(dtype):
    if dtype.names is not None:
        return [[name, dtype_text(dtype[name])] for name in dtype.names]
    if h5py.check_string_dtype(dtype) is not None and dtype.kind == "O":
        return "str"
    enum = h5py.check_enum_dtype(dtype)
    if enum is not None:
        return {"enum": enum, "base": dtype.str}
    return dtype.str


def elements(array):
    """Fixed and variable strings as lists, of records each field, of numbers the bytes."""
    if array.dtype.names is not None:
        return [elements(array[name]) for name in array.dtype.names]
    if array.dtype.kind in "SO":
        return [each.decode("utf-8") if isinstance(each, bytes) else each for each in array.reshape(-1)]
    little = array.astype(numpy.dtype("<f4") if array.dtype.itemsize == 2 and array.dtype.kind == "f" else
                          array.dtype.newbyteorder("<"))
    if little.dtype.kind == "f":
        little = numpy.array(little, copy=True)
        little[...] = numpy.where(numpy.isnan(little), little.dtype.type("nan"), little)
    return base64.b64encode(little.tobytes()).decode()


def scalar_record(value, dtype):
    """What an attribute's number is."""
    if dtype.kind == "b":
        return {"type": "bool", "value": bool(value)}
    if dtype.kind in "iu":
        return {"type": "int", "value": str(int(value)), "dtype": dtype.str}
    if dtype.kind == "f":
        return {"type": "float", "value": float_text(value), "dtype": dtype.str}
    if dtype.kind == "c":
        return {"type": "complex", "re": float_text(value.real), "im": float_text(value.imag), "dtype": dtype.str}
    return None


# --------------------------------------------------------------------------------------------------------------- checking

RULES = {
    "root": "The file has one group at its top, root, and nothing else",
    "class": "root is the dict of an object, with the name of its class",
    "marker": "Names of classes and types are one variable-length, null-terminated UTF-8 string",
    "container": "Each group has a __container_type__, \"dict\" or \"list\"",
    "member": "A member is an attribute, a group or a dataset: one of them",
    "links": "Members are linked directly",
    "list-class": "A list has no class",
    "creation-order": "Lists track and index the order of creation of members",
    "positions": "The members of a list are named by their positions, from 0",
    "text-order":
        "In the order of their names as text, which is how Python's library reads them, the members of lists "
        "of more than ten are in their order",
    "short-names": "In lists of ten and fewer, the names are the positions without zeros",
    "attribute": "What is stored as an attribute is a single value",
    "string": "Strings are variable-length UTF-8",
    "none": "None is the string NoneType:None",
    "path": "A path is stored absolute, after Path:",
    "text": "Other strings are stored as they are",
    "literal": "A string that reads as something else is padded with nulls",
    "number": "Other attributes are numbers",
    "bool": "A bool is h5py's enumeration of FALSE and TRUE, of one byte",
    "complex": "A complex number is a compound of r and i",
    "dataset-type": "Each dataset names its type",
    "chunked": "Arrays with axes are chunked",
    "growing": "The first axis of an array is unlimited, the others are not",
    "scalar": "Arrays without axes are scalar datasets",
    "array": "Arrays without another type are numpy.ndarray, without further attributes",
    "datetimeindex": "A DatetimeIndex is a row of little-endian int64",
    "timestamp": "A Timestamp is one little-endian int64",
    "timezone": "Times have the attribute timezone",
    "zone-name": "The timezone is a name or None",
    "fold": "The fold of times is 0 or 1 for each, and there only where one is 1",
}


class Checker:
    """Checks one file after the other; `kept` counts how often each rule was looked at."""

    def __init__(self):
        self.kept = dict.fromkeys(RULES, 0)
        self.faults = []

    def rule(self, name, holds, path):
        self.kept[name] += 1
        if not holds:
            self.faults.append(f"{name} at {path}: {RULES[name]}")

    def file(self, path):
        self.faults = []
        value = None
        try:
            with h5py.File(path, "r") as file:
                self.rule("root",
                          list(file) == ["root"] and set(file.attrs) <= {"__versions__"} and isinstance(file["root"], h5py.Group), "/")
                root = file["root"]
                self.rule("class", "__class__" in root.attrs, "/root")
                value = self.group(root, "/root")
        except Exception as error:  # noqa: BLE001 - any failure is a fault of the file
            self.faults.append(f"reading failed: {type(error).__name__}: {error}")
        return {"path": path, "faults": self.faults, "value": None if self.faults else value}

    def text(self, owner, name, path):
        """A marker: variable-length UTF-8, one of them, null-terminated."""
        attribute = h5py.h5a.open(owner.id, name.encode())
        stored = attribute.get_type()
        self.rule("marker",
                  attribute.shape == () and stored.get_class() == h5py.h5t.STRING and stored.is_variable_str()
                  and stored.get_cset() == h5py.h5t.CSET_UTF8 and stored.get_strpad() == h5py.h5t.STR_NULLTERM,
                  f"{path}@{name}")
        return owner.attrs[name]

    def group(self, group, path):
        container = self.text(group, "__container_type__", path) if "__container_type__" in group.attrs else None
        self.rule("container", container in ("dict", "list"), path)
        names = [name for name in group.attrs if name not in ("__container_type__", "__class__")]
        members = list(group)
        self.rule("member", not set(names) & set(members), path)
        links = [group.get(name, getlink=True) for name in members]
        self.rule("links", all(isinstance(link, h5py.HardLink) for link in links), path)
        values = {name: self.attribute(group, name, path) for name in names}
        for name in members:
            member, place = group[name], f"{path}/{name}"
            values[name] = self.group(member, place) if isinstance(member, h5py.Group) else self.dataset(member, place)
        if container == "list":
            return self.list(group, values, path)
        if "__class__" not in group.attrs:
            return {"type": "dict", "items": values}
        return {"type": "object", "class": self.text(group, "__class__", path), "properties": values}

    def list(self, group, values, path):
        self.rule("list-class", "__class__" not in group.attrs, path)
        creation = group.id.get_create_plist()
        tracked = h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED
        self.rule("creation-order",
                  creation.get_link_creation_order() == tracked and creation.get_attr_creation_order() == tracked, path)
        names = sorted(values)
        self.rule("positions",
                  sorted(int(name) for name in names if name.isascii() and name.isdigit()) == list(range(len(names))), path)
        if len(names) > 10:
            self.rule("text-order",
                      [int(name) for name in names] == list(range(len(names))), path)
        else:
            self.rule("short-names",
                      names == [str(position) for position in range(len(names))], path)
        return {"type": "list", "items": [values[name] for name in names]}

    def attribute(self, owner, name, path):
        place = f"{path}@{name}"
        attribute = h5py.h5a.open(owner.id, name.encode())
        stored = attribute.get_type()
        self.rule("attribute", attribute.shape == (), place)
        value = owner.attrs[name]
        if isinstance(value, str):
            self.rule("string",
                      stored.is_variable_str() and stored.get_cset() == h5py.h5t.CSET_UTF8, place)
            if stored.get_strpad() == h5py.h5t.STR_NULLTERM:
                if value == NONE:
                    self.rule("none", True, place)
                    return {"type": "none"}
                if value.startswith(PATH):
                    self.rule("path", value[len(PATH):].startswith("/"), place)
                    return {"type": "path", "value": value[len(PATH):]}
                self.rule("text", True, place)
            else:
                self.rule("literal",
                          stored.get_strpad() == h5py.h5t.STR_NULLPAD and (value == NONE or value.startswith(PATH)), place)
            return {"type": "str", "value": value}
        record = scalar_record(value, attribute.dtype)
        self.rule("number", record is not None, place)
        if record is None:
            return None
        if record["type"] == "bool":
            self.rule("bool",
                      stored.get_class() == h5py.h5t.ENUM and stored.get_size() == 1, place)
        if record["type"] == "complex":
            self.rule("complex",
                      [stored.get_member_name(at) for at in range(stored.get_nmembers())] == [b"r", b"i"], place)
        return record

    def dataset(self, dataset, path):
        name = self.text(dataset, "__dataset_type__", path) if "__dataset_type__" in dataset.attrs else None
        self.rule("dataset-type", name is not None, path)
        rank = len(dataset.shape)
        if rank > 0:
            self.rule("chunked", dataset.chunks is not None, path)
            self.rule("growing",
                      dataset.maxshape == (None, *dataset.shape[1:]), path)
        else:
            self.rule("scalar",
                      dataset.id.get_space().get_simple_extent_type() == h5py.h5s.SCALAR and dataset.chunks is None, path)
        others = set(dataset.attrs) - {"__dataset_type__"}
        if name == TIMESTAMP or name == DATETIME_INDEX:
            return self.times(dataset, name, others, path)
        self.rule("array",
                  name == ARRAY and not others, path)
        # One value of a dataset without axes may come as Python's own.
        array = numpy.array(dataset[()], dtype=dataset.dtype)
        return {"type": "ndarray", "dtype": dtype_text(dataset.dtype), "shape": list(dataset.shape), "data": elements(array)}

    def times(self, dataset, name, others, path):
        single = name == TIMESTAMP
        self.rule("timestamp" if single else "datetimeindex",
                  dataset.dtype.str == "<i8" and len(dataset.shape) == (0 if single else 1), path)
        self.rule("timezone", "timezone" in others and others <= {"timezone", "fold"}, path)
        zone = self.attribute(dataset, "timezone", path)
        self.rule("zone-name", zone["type"] in ("none", "str"), path)
        record = {"type": "timestamp" if single else "datetimeindex", "timezone": zone.get("value")}
        walls = dataset[()]
        record["wall"] = str(int(walls)) if single else [str(int(wall)) for wall in walls]
        if "fold" in others:
            fold = numpy.asarray(dataset.attrs["fold"])
            self.rule("fold",
                      fold.dtype.kind in "iu" and fold.shape == dataset.shape and fold.max() == 1 and fold.min() >= 0, path)
            record["fold"] = int(fold) if single else [int(each) for each in fold]
        return record


def check():
    checker = Checker()
    files = [checker.file(line.rstrip("\n")) for line in sys.stdin]
    print(json.dumps({"files": files, "kept": checker.kept}))


# ---------------------------------------------------------------------------------------------------------------- writing


class Writer:
    """Makes objects by chance and stores them as Python's library does; each method gives the record of what it stored."""

    keys = ["name", "a b", "größe", "名前", "🜂", "0", "10", "__proto__", "constructor", "toString", "x" * 300, "a.b", "Ä\u0308",
            "-", "length", "𝒳", "new\nline"]
    strings = ["", "plain", "größer", "日本語", "🜂🜁", "e\u0301", "a\tb\n", "0", "None", "NoneType", "x" * 5000]
    zones = [None, "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
    numbers = ["i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8", "<f2", ">f2",
               "<f4", ">f4", "<f8", ">f8", "<c8", ">c8", "<c16", ">c16", "?", "S1", "S7"]
    shapes = [(), (0,), (1,), (5,), (33,), (2, 3), (3, 0), (0, 4), (2, 1, 2), (1, 2, 1, 2)]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self):
        if self.random.random() < 0.5:
            return self.random.choice(self.strings)
        letters = [chr(self.random.choice([*range(1, 0xD800), *range(0xE000, 0xFFFE)])) for _ in range(9)]
        return "".join(letters[: self.random.randrange(10)])

    def number(self):
        return self.random.choice([0.0, -0.0, 1.0, 0.1, -2.5e-308, 5e-324, 1.7e308, float("inf"), float("-inf"),
                                   float("nan"), self.random.uniform(-1e6, 1e6)])

    def scalar(self, owner, key):
        kind = self.random.choice(["none", "bool", "int", "float", "complex", "str", "path", "numpy"])
        if kind == "none":
            owner.attrs[key] = NONE
            return {"type": "none"}
        if kind == "str":
            owner.attrs[key] = text = self.text()
            return {"type": "str", "value": text}
        if kind == "path":
            path = "/" + self.text().replace("\n", "/")
            owner.attrs[key] = PATH + path
            return {"type": "path", "value": path}
        value = {
            "bool": lambda: self.random.random() < 0.5,
            "int": lambda: self.random.choice([0, 1, -1, 2**53, -(2**63), 2**63 - 1, 2**63, 2**64 - 1,
                                               self.random.randrange(-1000, 1000)]),
            "float": self.number,
            "complex": lambda: complex(self.number(), self.number()),
            "numpy": lambda: self.random.choice([numpy.int8(-5), numpy.uint16(9), numpy.float32(0.1), numpy.float16(2.5),
                                                 numpy.uint64(7), numpy.complex64(1 + 2j), numpy.bool_(True)]),
        }[kind]()
        owner.attrs[key] = value
        return scalar_record(value, numpy.asarray(value).dtype)

    def array(self, group, key):
        dtype = numpy.dtype([("id", "<i4"), ("x", ">f8"), ("label", "S4")] if self.random.random() < 0.1 else
                            self.random.choice(self.numbers))
        shape = self.random.choice(self.shapes)
        count = int(numpy.prod(shape))
        array = numpy.zeros(shape, dtype)
        if dtype.names is not None:
            array["id"], array["x"], array["label"] = 7, numpy.float64(0.5), b"ab"
        elif dtype.kind == "S":
            array[...] = numpy.array([bytes(self.random.choices(b"abcXYZ 19", k=dtype.itemsize)).strip()
                                      for _ in range(count)], dtype).reshape(shape)
        elif dtype.kind == "b":
            array[...] = numpy.array([self.random.random() < 0.5 for _ in range(count)], dtype).reshape(shape)
        elif dtype.kind in "fc":
            with numpy.errstate(over="ignore"):
                array[...] = numpy.array([self.number() for _ in range(count)]).astype(dtype).reshape(shape)
            array[numpy.isnan(array)] = dtype.type("nan") if dtype.kind == "f" else 0
        else:
            array[...] = numpy.frombuffer(self.random.randbytes(count * dtype.itemsize), dtype).reshape(shape)
        self.dataset(group, key, array, ARRAY)
        return {"type": "ndarray", "dtype": dtype_text(dtype), "shape": list(shape), "data": elements(array)}

    def dataset(self, group, key, array, name):
        growing = {"maxshape": (None, *array.shape[1:])} if array.ndim > 0 else {}
        dataset = group.create_dataset(key, data=array, **growing)
        dataset.attrs["__dataset_type__"] = name
        return dataset

    def wall(self):
        return self.random.choice([-(2**63), -(2**63) + 1, 2**63 - 1, 0, -1, 10**9 + 1, 1711852200 * 10**9,
                                   1729996200 * 10**9 + 7, self.random.randrange(-(2**62), 2**62)])

    def times(self, group, key):
        single = self.random.random() < 0.5
        walls = self.wall() if single else [self.wall() for _ in range(self.random.choice([0, 1, 4, 30]))]
        zone = self.random.choice(self.zones)
        dataset = self.dataset(group, key, numpy.array(walls, "int64"), TIMESTAMP if single else DATETIME_INDEX)
        dataset.attrs["timezone"] = NONE if zone is None else zone
        return {"type": "timestamp" if single else "datetimeindex", "timezone": zone,
                "wall": str(walls) if single else [str(wall) for wall in walls]}

    def value(self, owner, key, depth):
        kinds = ["scalar"] * 4 + ["array"] * 3 + ["times"] * 2 + (["list", "dict", "object"] if depth < 4 else [])
        kind = self.random.choice(kinds)
        if kind == "scalar":
            return self.scalar(owner, key)
        if kind == "array":
            return self.array(owner, key)
        if kind == "times":
            return self.times(owner, key)
        if kind == "list":
            return self.list(owner, key, depth)
        return self.object(owner, key, depth) if kind == "object" else self.dict(owner, key, depth)

    def list(self, owner, key, depth):
        group = owner.create_group(key, track_order=True)
        group.attrs["__container_type__"] = "list"
        count = self.random.choice([0, 1, 2, 3, 10, 11, 25] if depth < 2 else [0, 2, 12])
        return {"type": "list", "items": [self.value(group, str(index), depth + 1) for index in range(count)]}

    def members(self, group, names, depth):
        return {name: self.value(group, name, depth + 1) for name in names}

    def dict(self, owner, key, depth):
        group = owner.create_group(key)
        group.attrs["__container_type__"] = "dict"
        return {"type": "dict", "items": self.members(group, self.random.sample(self.keys, self.random.randrange(5)), depth)}

    def object(self, owner, key, depth):
        name = self.random.choice(["interop.Sample", "interop.Special", "elsewhere.Unknown", "elsewhere.Inner.Unknown"])
        names = {"interop.Sample": ["content", "extra"], "interop.Special": ["content", "extra", "more"]}.get(name)
        group = owner.create_group(key)
        group.attrs["__container_type__"] = "dict"
        group.attrs["__class__"] = name
        # The keys of a class that is known nowhere become names of its properties.
        return {"type": "object", "class": name,
                "properties": self.members(group, names or self.random.sample(["first", "größe", "b2"], 2), depth)}

    def file(self, path):
        with h5py.File(path, "w") as file:
            return self.object(file, "root", 0)


def write(folder, count, seed):
    for index in range(count):
        path = os.path.join(folder, f"object-{index}.hdf5")
        record = Writer(f"{seed}-{index}").file(path)
        with open(path[:-5] + ".json", "w", encoding="utf-8") as file:
            json.dump(record, file)


if __name__ == "__main__":
    if sys.argv[1] == "check":
        check()
    else:
        write(sys.argv[2], int(sys.argv[3]), sys.argv[4])
