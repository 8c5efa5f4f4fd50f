"""Prints what libhdf5 reads of the datasets, attributes and committed datatypes of a file that write-matrix made."""
import json
import sys

import h5py
import numpy


def plain(value, file):
    if isinstance(value, h5py.RegionReference):
        if not value:
            return None
        return [file[value].name, int(numpy.prod(h5py.h5r.get_region(value, file.id).get_select_npoints()))]
    if isinstance(value, h5py.Reference):
        return file[value].name if value else None
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, numpy.void):
        return [plain(member, file) for member in value]
    if isinstance(value, numpy.ndarray):
        return [plain(item, file) for item in value]
    if isinstance(value, (complex, numpy.complexfloating)):
        return [float(value.real), float(value.imag)]
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, numpy.floating):
        return float(value)
    return value.item() if isinstance(value, numpy.generic) else value


def raw(item):
    kind = item.get_type()
    data = numpy.zeros(item.shape, numpy.dtype((numpy.void, kind.get_size())))
    if isinstance(item, h5py.h5a.AttrID):
        item.read(data, kind)
    else:
        item.read(h5py.h5s.ALL, h5py.h5s.ALL, data, kind)
    return data.tobytes().hex()


def attempt(read):
    try:
        return read()
    except Exception as error:
        return "refused: %s" % error


path, plan = sys.argv[1:]
found = {}
with h5py.File(path, "r+") as file:
    for item in json.load(open(plan)):
        name, attribute = item["path"], item["attribute"]
        if item["committed"]:
            found[name] = attempt(lambda: h5py.h5t.open(file.id, name.encode()).get_size())
        elif attribute is not None:
            key = name + "@" + attribute
            if item["raw"]:
                found[key] = attempt(lambda: raw(h5py.h5a.open(file[name].id, attribute.encode())))
            else:
                found[key] = attempt(lambda: plain(file[name].attrs[attribute], file))
        elif item["raw"]:
            found[name] = attempt(lambda: raw(h5py.h5d.open(file.id, name.encode())))
        else:
            found[name] = attempt(lambda: plain(file[name][...], file))
print(json.dumps(found))
