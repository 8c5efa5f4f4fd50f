"""h5py as a judge: one JSON command a line in, one JSON answer a line out.

Commands: {"script": Python text, "arguments": {...}}. The script sees h5py, np, os, the arguments by name, and the
functions below; what it assigns to `result` is the answer.
"""

import json
import os
import subprocess
import sys
import traceback

import h5py
import numpy as np
from h5py import h5, h5a, h5g, h5o, h5p, h5r, h5s, h5t

CHARACTER_SETS = {h5t.CSET_ASCII: "ascii", h5t.CSET_UTF8: "utf-8"}
PADDINGS = {
    h5t.STR_NULLTERM: "null-terminated",
    h5t.STR_NULLPAD: "null-padded",
    h5t.STR_SPACEPAD: "space-padded",
}


def byte_order(t):
    return ">" if t.get_order() == h5t.ORDER_BE else "<"


def type_name(t, paths, follow=True):
    """The type as one word; `follow` names a committed one by its path."""
    if follow and t.committed():
        return "@" + paths.get(h5o.get_info(t).addr, "?")
    c = t.get_class()
    if c == h5t.INTEGER:
        return f"{byte_order(t)}{'i' if t.get_sign() == h5t.SGN_2 else 'u'}{t.get_size()}"
    if c == h5t.FLOAT:
        return f"{byte_order(t)}f{t.get_size()}"
    if c == h5t.STRING:
        charset = CHARACTER_SETS[t.get_cset()]
        if t.is_variable_str():
            return f"string/{charset}"
        return f"S{t.get_size()}/{charset}/{PADDINGS[t.get_strpad()]}"
    if c == h5t.BITFIELD:
        return f"{byte_order(t)}b{t.get_size()}"
    if c == h5t.OPAQUE:
        return f"V{t.get_size()}:{t.get_tag().decode()}"
    if c == h5t.COMPOUND:
        members = [
            (t.get_member_name(i).decode(), t.get_member_offset(i), type_name(t.get_member_type(i), paths))
            for i in range(t.get_nmembers())
        ]
        # Elements of variable length have another size in memory, of which libhdf5 tells, than in the file.
        if any("string" in name or "vlen" in name for _, _, name in members):
            return "{" + ",".join(f"{member}:{name}" for member, _, name in members) + "}"
        return "{" + ",".join(f"{member}@{offset}:{name}" for member, offset, name in members) + "}" + str(t.get_size())
    if c == h5t.ENUM:
        members = sorted(f"{t.get_member_name(i).decode()}={t.get_member_value(i)}" for i in range(t.get_nmembers()))
        return f"enum {type_name(t.get_super(), paths)}(" + ",".join(members) + ")"
    if c == h5t.VLEN:
        return f"vlen {type_name(t.get_super(), paths)}"
    if c == h5t.ARRAY:
        return f"{list(t.get_array_dims())} {type_name(t.get_super(), paths)}"
    if c == h5t.REFERENCE:
        return "region" if t.equal(h5t.STD_REF_DSETREG) else "reference"
    return f"class {c}"


def canonical(value, file, paths):
    def text(b):
        return b.decode("utf-8", "surrogateescape")

    def region(reference):
        if not reference:
            return None
        space = h5r.get_region(reference, file.id)
        target = paths.get(h5o.get_info(h5r.dereference(reference, file.id)).addr, "?")
        return [target, str(space.get_select_npoints()), *[str(int(x)) for b in space.get_select_bounds() for x in b]]

    def one(v):
        if isinstance(v, h5py.Empty) or v is None:
            return None
        if isinstance(v, h5py.RegionReference):
            return region(v)
        if isinstance(v, h5py.Reference):
            return paths.get(h5o.get_info(h5r.dereference(v, file.id)).addr, "?") if v else None
        if isinstance(v, np.ndarray):
            return [one(x) for x in v.ravel()]
        if isinstance(v, np.void):
            return [one(v[n]) for n in v.dtype.names] if v.dtype.names else v.tobytes().hex()
        if isinstance(v, (bytes, np.bytes_)):
            return text(bytes(v))
        if isinstance(v, (str, np.str_)):
            return str(v)
        if isinstance(v, (bool, np.bool_, int, np.integer)):
            return str(int(v))
        if isinstance(v, (complex, np.complexfloating)):
            return [one(float(v.real)), one(float(v.imag))]
        if isinstance(v, (float, np.floating)):
            f = float(v)
            return f if np.isfinite(f) else str(f)
        raise TypeError(f"{type(v)} has no canonical form")

    return one(value)


def link_names(group):
    plist = group.id.get_create_plist()
    tracked = plist.get_link_creation_order() & h5p.CRT_ORDER_TRACKED
    names = []
    group.id.links.iterate(names.append, idx_type=h5.INDEX_CRT_ORDER if tracked else h5.INDEX_NAME)
    return names if tracked else sorted(names)


def attribute_names(obj):
    plist = obj.id.get_create_plist() if not isinstance(obj, h5py.Datatype) else None
    tracked = plist is not None and plist.get_attr_creation_order() & h5p.CRT_ORDER_TRACKED
    names = []
    h5a.iterate(obj.id, names.append, index_type=h5.INDEX_CRT_ORDER if tracked else h5.INDEX_NAME)
    return names if tracked else sorted(names)


def describe(path):
    """All objects, links, attributes and values of a file, in a form that can be compared."""
    with h5py.File(path, "r") as file:
        objects = {}
        paths = {}
        order = []

        def visit(obj, at):
            address = h5o.get_info(obj.id).addr
            if address in paths:
                objects[at] = "= " + paths[address]
                return
            paths[address] = at
            order.append((at, obj))
            if not isinstance(obj, h5py.Group):
                return
            for name in link_names(obj):
                below = ("" if at == "/" else at) + "/" + name.decode()
                link = obj.get(name, getlink=True)
                if isinstance(link, h5py.SoftLink):
                    objects[below] = "-> " + link.path
                elif isinstance(link, h5py.ExternalLink):
                    objects[below] = "-> " + link.filename + ":" + link.path
                else:
                    visit(obj[name], below)

        visit(file["/"], "/")
        for at, obj in order:
            attributes = []
            for name in attribute_names(obj):
                attribute = h5a.open(obj.id, name)
                shape = None if attribute.get_space().get_simple_extent_type() == h5s.NULL else list(attribute.shape)
                value = canonical(obj.attrs[name], file, paths)
                attributes.append([name.decode(), type_name(attribute.get_type(), paths), shape, value])
            if isinstance(obj, h5py.Group):
                objects[at] = {"kind": "group", "names": [n.decode() for n in link_names(obj)], "attributes": attributes}
            elif isinstance(obj, h5py.Datatype):
                name = type_name(obj.id, paths, follow=False)
                objects[at] = {"kind": "datatype", "type": name, "attributes": attributes}
            else:
                plist = obj.id.get_create_plist()
                objects[at] = {
                    "kind": "dataset",
                    "type": type_name(obj.id.get_type(), paths),
                    "shape": None if obj.shape is None else list(obj.shape),
                    "maxShape": None if obj.shape is None else list(obj.maxshape),
                    "chunks": None if obj.chunks is None else list(obj.chunks),
                    "filters": [plist.get_filter(i)[0] for i in range(plist.get_nfilters())],
                    "value": canonical(obj[()], file, paths),
                    "attributes": attributes,
                }
        return objects


def dump(path):
    """Requires h5dump to accept the whole file."""
    run = subprocess.run(["h5dump", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if run.returncode != 0:
        raise RuntimeError(f"h5dump ended with status {run.returncode}: {run.stderr.decode()[:500]}")


for line in sys.stdin:
    command = json.loads(line)
    scope = {**globals(), **command["arguments"], "result": None}
    try:
        exec(command["script"], scope)
        answer = {"result": scope["result"]}
    except Exception:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer), flush=True)
