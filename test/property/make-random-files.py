#!/usr/bin/env python3
"""make-random-files.py DIRECTORY SEED... [-v]

Writes one random HDF5 file `SEED.h5` for each seed, and beside it `SEED.view.jsonl`, what libhdf5 sees in it
(see plain_view.py). A seed stands for one sequence of calls; what libhdf5 refuses is left out of the file.
"""
import ctypes
import os
import random
import resource
import sys
import traceback

from h5py import h5a, h5f, h5g, h5o, h5p, h5s, h5t

import plain_view
from libhdf5 import HID, call
from random_datasets import REFUSED, RandomDatasets
from random_types import WORDS, random_kind

TRACKED = h5p.CRT_ORDER_TRACKED
INDEXED = h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED
BOUNDS = [
    None,
    None,
    (h5f.LIBVER_EARLIEST, h5f.LIBVER_V18),
    (h5f.LIBVER_V18, h5f.LIBVER_V18),
    (h5f.LIBVER_V18, h5f.LIBVER_LATEST),
    (h5f.LIBVER_V110, h5f.LIBVER_V110),
    (h5f.LIBVER_LATEST, h5f.LIBVER_LATEST),
    (h5f.LIBVER_LATEST, h5f.LIBVER_LATEST),
]


class References:
    """What references may point to."""

    def __init__(self, file):
        self.file = file
        self.paths = [b"/"]
        self.datasets = []
        self.used = set()

    def selection(self, rng, shape):
        space = h5s.create_simple(shape)
        roll = rng.random()
        if roll < 0.1:
            space.select_none()
        elif roll < 0.3:
            points = [[rng.randrange(extent) for extent in shape] for _ in range(rng.randint(1, 6))]
            space.select_elements(points)
        elif roll < 0.9:
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                start = tuple(rng.randrange(extent) for extent in shape)
                stride = tuple(rng.randint(1, 3) for _ in shape)
                count = tuple(rng.randint(1, (extent - at - 1) // step + 1) for extent, at, step in zip(shape, start, stride))
                chosen = space.get_select_type() == h5s.SEL_HYPERSLABS
                space.select_hyperslab(start, count, stride, op=h5s.SELECT_OR if chosen else h5s.SELECT_SET)
        return space


class RandomFile(RandomDatasets):
    def __init__(self, seed, path):
        self.rng = random.Random(seed)
        self.path = os.fsencode(path)
        self.small = False
        self.extreme = self.rng.choice(("none",) * 9 + ("attributes", "links", "chunks"))
        self.file = h5f.create(self.path, h5f.ACC_TRUNC, self.creation(), self.access())
        self.references = References(self.file)
        self.types = []
        self.keep = []

    # ------------------------------------------------------------ the file

    def access(self):
        fapl = h5p.create(h5p.FILE_ACCESS)
        fapl.set_fclose_degree(h5f.CLOSE_STRONG)
        bounds = self.rng.choice(BOUNDS)
        if bounds:
            fapl.set_libver_bounds(*bounds)
        return fapl

    def creation(self):
        rng = self.rng
        fcpl = h5p.create(h5p.FILE_CREATE)
        fcpl.set_obj_track_times(rng.random() < 0.5)
        if rng.random() < 0.25:
            fcpl.set_userblock(512 << rng.choice((0, 0, 0, 1, 1, 2, 3, 4, 7, 11)))
        if rng.random() < 0.3:
            sizes = rng.choice(((8, 4), (4, 8), (4, 4), (4, 4), (2, 2), (8, 2), (2, 8)))
            self.small = 2 in sizes
            fcpl.set_sizes(*sizes)
        if rng.random() < 0.25:
            call("H5Pset_sym_k", HID(fcpl.id), ctypes.c_uint(rng.randint(1, 20)), ctypes.c_uint(rng.randint(1, 10)))
        if rng.random() < 0.25:
            call("H5Pset_istore_k", HID(fcpl.id), ctypes.c_uint(rng.choice((1, 2, 3, 64, 200))))
        if rng.random() < 0.2:
            self.shared_messages(fcpl)
        if rng.random() < 0.15:
            strategies = (h5f.FSPACE_STRATEGY_FSM_AGGR, h5f.FSPACE_STRATEGY_PAGE, h5f.FSPACE_STRATEGY_AGGR)
            fcpl.set_file_space_strategy(rng.choice(strategies), rng.random() < 0.5, 1)
            fcpl.set_file_space_page_size(rng.choice((512, 4096)))
        self.orders(fcpl)
        return fcpl

    def shared_messages(self, fcpl):
        rng = self.rng
        indexes = rng.randint(1, 3)
        call("H5Pset_shared_mesg_nindexes", HID(fcpl.id), ctypes.c_uint(indexes))
        kinds = [0x02, 0x08, 0x20, 0x800, 0x1000]
        rng.shuffle(kinds)
        for index in range(indexes):
            mask = 0
            for kind in kinds[index::indexes]:
                mask |= kind if kind != 0x20 else 0x30 & ~0x10
            call("H5Pset_shared_mesg_index", HID(fcpl.id), ctypes.c_uint(index), ctypes.c_uint(mask), ctypes.c_uint(rng.choice((1, 20, 60))))
        most = rng.choice((0, 2, 50))
        call("H5Pset_shared_mesg_phase_change", HID(fcpl.id), ctypes.c_uint(most), ctypes.c_uint(rng.randint(0, most)))

    def orders(self, plist, links=True):
        if self.rng.random() < 0.3:
            if links:
                plist.set_link_creation_order(self.rng.choice((TRACKED, INDEXED)))
            plist.set_attr_creation_order(self.rng.choice((TRACKED, INDEXED)))
        if self.rng.random() < 0.2:
            most = self.rng.choice((0, 2, 30))
            plist.set_attr_phase_change(most, self.rng.randint(0, most))

    # ------------------------------------------------------------ names and links

    def name(self, taken):
        rng = self.rng
        name = ("%s%d" % (rng.choice(WORDS), rng.randrange(1000))).encode()
        if rng.random() < 0.03:
            name += b"\xff\xc3"
        if rng.random() < 0.03:
            name += b"x" * rng.choice((250, 260, 700))
        while name in taken:
            name += b"'"
        taken.add(name)
        return name

    def link_creation(self):
        lcpl = h5p.create(h5p.LINK_CREATE)
        lcpl.set_char_encoding(self.rng.choice((h5t.CSET_ASCII, h5t.CSET_UTF8)))
        return lcpl

    def group(self, parent, path, depth, budget):
        """Fills a group; answers how many objects of the budget are left."""
        rng = self.rng
        taken = set()
        self.attributes(parent)
        here = []
        for _ in range(rng.choice((0, 1, 3, 6, 12, 25)) if depth else rng.randint(2, 14)):
            if budget <= 0:
                break
            name = self.name(taken)
            full = path + b"/" + name
            roll = rng.random()
            try:
                if roll < 0.22 and depth < 6:
                    child = h5g.create(parent, name, lcpl=self.link_creation(), gcpl=self.group_creation())
                    self.references.paths.append(full)
                    budget = self.group(child, full, depth + 1, budget - 1)
                elif roll < 0.30:
                    parent.links.create_soft(name, rng.choice((b"/nowhere", b"../x", b"/", full, b"s" * 900)), lcpl=self.link_creation())
                elif roll < 0.34:
                    parent.links.create_external(name, b"other.h5", b"/path/in/it", lcpl=self.link_creation())
                elif roll < 0.40 and self.references.paths:
                    target = rng.choice(self.references.paths)
                    self.file.links.create_hard(name, self.file, target) if depth == 0 else parent.links.create_hard(name, self.file, target)
                elif roll < 0.46:
                    self.committed_type(parent, name, full)
                else:
                    self.dataset(parent, name, full)
                here.append(name)
            except REFUSED:
                pass
            budget -= 1
        if self.extreme == "links" and depth <= 1:
            self.extreme = "none"
            self.many_links(parent)
        for name in here:
            if rng.random() < 0.06:
                self.unlink(parent, name, path)
        return budget

    def group_creation(self):
        rng = self.rng
        gcpl = h5p.create(h5p.GROUP_CREATE)
        gcpl.set_obj_track_times(rng.random() < 0.5)
        self.orders(gcpl)
        if rng.random() < 0.2:
            most = rng.choice((0, 3, 20))
            call("H5Pset_link_phase_change", HID(gcpl.id), ctypes.c_uint(most), ctypes.c_uint(rng.randint(0, most)))
        if rng.random() < 0.1:
            call("H5Pset_est_link_info", HID(gcpl.id), ctypes.c_uint(rng.randint(0, 50)), ctypes.c_uint(rng.randint(0, 30)))
        if rng.random() < 0.1:
            call("H5Pset_local_heap_size_hint", HID(gcpl.id), ctypes.c_size_t(rng.choice((1, 64, 5000))))
        return gcpl

    def many_links(self, parent):
        rng = self.rng
        most = 300 if self.small else rng.choice((500, 2000, 5000, 20000))
        inner = h5g.create(parent, b"many links", gcpl=self.group_creation())
        prefix = rng.choice(("", "link ", "a rather long name of a link " * 2))
        numbers = list(range(rng.randint(most // 2, most)))
        rng.shuffle(numbers)
        for number in numbers:
            name = b"%s%d" % (prefix.encode(), number)
            if number % 3:
                inner.links.create_hard(name, self.file, b"/")
            else:
                inner.links.create_soft(name, b"/target/%d" % number)
        for number in numbers[:: rng.choice((2, 7, 100))]:
            inner.unlink(b"%s%d" % (prefix.encode(), number))

    def unlink(self, parent, name, path):
        """Deletes a link, not to what region references point to: a selection in nothing has no canonical form."""
        gone = path + b"/" + name
        keep = lambda other: other != gone and not other.startswith(gone + b"/")
        if not all(keep(other) for other in self.references.used):
            return
        try:
            parent.unlink(name)
        except REFUSED:
            return
        self.references.paths = [other for other in self.references.paths if keep(other)]
        self.references.datasets = [other for other in self.references.datasets if keep(other[0])]

    # ------------------------------------------------------------ datatypes and attributes

    def committed_type(self, parent, name, path):
        kind = random_kind(self.rng, 0, self.references)
        call("H5Tcommit2", HID(parent.id), name, HID(kind.tid.id), HID(0), HID(0), HID(0))
        self.references.paths.append(path)
        self.types.append(kind)
        self.attributes(h5o.open(parent, name))

    def kind(self, pointers=True):
        if pointers and self.types and self.rng.random() < 0.15:
            return self.rng.choice(self.types)
        return random_kind(self.rng, 0, self.references if pointers else None)

    def attributes(self, target):
        rng = self.rng
        count = rng.choice((0, 0, 0, 0, 1, 1, 2, 3, 5, 9, 12, 30))
        if self.extreme == "attributes" and rng.random() < 0.5:
            self.extreme = "none"
            count = rng.choice((100, 400, 1500, 5000))
        if self.small:
            count = min(count, 3)
        taken = set()
        names = []
        same = self.kind() if count > 20 or rng.random() < 0.2 else None
        for _ in range(count):
            name = self.name(taken)
            kind = same or self.kind()
            shape = self.shape(40 if kind.size < 200 else 4)
            if rng.random() < 0.01 and kind.plain and not self.small:
                shape = (max(1, 70000 // kind.size),)
            try:
                self.attribute(target, name, kind, shape)
                names.append(name)
            except REFUSED:
                pass
        for name in names:
            if rng.random() < 0.05:
                h5a.delete(target, name)
            elif rng.random() < 0.03:
                try:
                    h5a.rename(target, name, self.name(taken))
                except REFUSED:
                    pass

    def attribute(self, target, name, kind, shape):
        attribute = h5a.create(target, name, kind.tid, self.space(shape))
        if shape is not None and self.rng.random() < 0.93:
            self.write("H5Awrite", attribute, kind, shape, ())

    # ------------------------------------------------------------ all of it

    def fill(self):
        rng = self.rng
        root = h5g.open(self.file, b"/")
        self.group(root, b"", 0, 12 if self.small else rng.choice((15, 40, 80)))
        if rng.random() < 0.2 and not self.small:
            self.second_session()
        self.file.close()

    def second_session(self):
        """Opens the file again, perhaps with other bounds, and adds to it."""
        self.file.close()
        self.types = []
        self.file = h5f.open(self.path, h5f.ACC_RDWR, self.access())
        self.references.file = self.file
        again = h5g.create(self.file, b"second session", gcpl=self.group_creation())
        self.group(again, b"/second session", 1, 15)


def make(seed, directory):
    """Writes one file in a process of its own, and again from other numbers while libhdf5 fails, or hangs, on its own file."""
    path = os.path.join(directory, "%d.h5" % seed)
    for attempt in range(20):
        child = os.fork()
        if child == 0:
            status = 1
            if "-v" not in sys.argv:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            resource.setrlimit(resource.RLIMIT_CPU, (8, 8))
            try:
                RandomFile("%d/%d" % (seed, attempt), path).fill()
                plain_view.write(path, os.path.join(directory, "%d.view.jsonl" % seed))
                status = 0
            except Exception:
                if "-v" in sys.argv:
                    traceback.print_exc()
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return
        if "-v" in sys.argv:
            print("seed %d, attempt %d: status %d" % (seed, attempt, status))
    raise SystemExit("seed %d: nothing that libhdf5 reads" % seed)


if __name__ == "__main__":
    for argument in sys.argv[2:]:
        if argument != "-v":
            make(int(argument), sys.argv[1])
