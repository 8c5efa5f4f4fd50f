"""Random datasets: their dataspaces, layouts, filters and values."""
import ctypes

from h5py import h5d, h5p, h5s, h5t, h5z

from libhdf5 import HID, call
from random_types import integer

REFUSED = (RuntimeError, OSError, ValueError, TypeError, KeyError, OverflowError)


def nests(tid):
    """Whether there are arrays of arrays or of compounds."""
    kind = tid.get_class()
    if kind == h5t.COMPOUND:
        return any(nests(tid.get_member_type(index)) for index in range(tid.get_nmembers()))
    return kind == h5t.ARRAY and tid.get_super().get_class() in (h5t.ARRAY, h5t.COMPOUND)


class RandomDatasets:
    """The datasets of a random file: a subclass has the generator `rng`, `references` and `kind`, the types of elements."""

    def write(self, function, target, kind, shape, spaces):
        count = 1
        for extent in shape:
            count *= extent
        data = kind.elements(count, self.keep)
        buffer = ctypes.create_string_buffer(data, max(1, len(data)))
        call(function, HID(target.id), HID(kind.tid.id), *(HID(space) for space in spaces), buffer)
        self.keep.clear()

    def shape(self, most):
        """A random shape of at most about `most` elements, None for a null dataspace."""
        rng = self.rng
        if rng.random() < 0.04:
            return None
        rank = rng.choice((0, 1, 1, 1, 2, 2, 3, 4, 6))
        shape = []
        for _ in range(rank):
            extent = rng.randint(1, max(1, min(most, rng.choice((2, 7, 40, most)))))
            most //= extent
            shape.append(0 if rng.random() < 0.02 else extent)
        return tuple(shape)

    def space(self, shape, most=None):
        if shape is None:
            return h5s.create(h5s.NULL)
        return h5s.create(h5s.SCALAR) if shape == () else h5s.create_simple(shape, most or shape)

    def dataset(self, parent, name, path):
        rng = self.rng
        layout = rng.choice(("compact", "contiguous", "chunked", "chunked", "chunked"))
        kind = self.kind(pointers=layout != "chunked" or rng.random() < 0.4)
        budget = (300 if self.small else 40000) // max(1, kind.size) + 1
        budget = min(budget, 4000 if kind.plain else 150)
        shape = self.shape(budget)
        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_obj_track_times(rng.random() < 0.5)
        self.orders(dcpl, links=False)
        most = shape
        if not shape:
            layout = "contiguous" if layout == "chunked" else layout
        if layout == "chunked":
            many = self.extreme == "chunks" and kind.plain and not self.small
            if many:
                self.extreme = "none"
                kind = integer(rng, sizes=(1, 2, 4))
                shape = rng.choice(((5000,), (60, 70), (2600, 2)))
            most = self.chunked(dcpl, kind, shape, many)
        elif layout == "compact":
            dcpl.set_layout(h5d.COMPACT)
        else:
            dcpl.set_layout(h5d.CONTIGUOUS)
        self.filling(dcpl, kind)
        if layout == "chunked":
            self.filters(dcpl, kind)
        space = self.space(shape, most)
        try:
            dataset = h5d.create(parent, name, kind.tid, space, dcpl, self.link_creation())
        except REFUSED:
            for number in range(dcpl.get_nfilters() - 1, -1, -1):
                dcpl.remove_filter(dcpl.get_filter(number)[0])
            dataset = h5d.create(parent, name, kind.tid, space, dcpl, self.link_creation())
        self.references.paths.append(path)
        if shape and 0 not in shape:
            self.references.datasets.append((path, shape))
        if shape is not None:
            self.values(dataset, kind, shape, layout)
        if layout == "chunked" and rng.random() < 0.2:
            self.reshape(dataset, kind, shape, most)
        if layout == "chunked" and rng.random() < 0.1 and dcpl.get_nfilters() and kind.plain:
            self.unfiltered_chunk(dataset, kind)
        self.attributes(dataset)

    def chunked(self, dcpl, kind, shape, many):
        """Sets a chunk shape; answers the maximum shape. Together they choose the chunk index."""
        rng = self.rng
        if many:
            chunk = tuple(min(extent, rng.choice((1, 1, 2))) for extent in shape)
        elif rng.random() < 0.2:
            chunk = tuple(max(1, extent) for extent in shape)
        else:
            chunk = tuple(max(1, min(extent, rng.randint(max(1, extent // 9), extent + 1))) for extent in shape)
        most = list(shape)
        how = rng.random()
        if how < 0.25:
            most[rng.randrange(len(most))] = h5s.UNLIMITED
        elif how < 0.5:
            most = [h5s.UNLIMITED if rng.random() < 0.8 else extent for extent in shape]
        elif how < 0.65:
            most = [extent * rng.randint(1, 4) + 3 for extent in shape]
        if 0 in most:
            most = [extent or h5s.UNLIMITED for extent in most]
        dcpl.set_chunk(chunk)
        if rng.random() < 0.2:
            call("H5Pset_chunk_opts", HID(dcpl.id), ctypes.c_uint(2))
        return tuple(most)

    def filling(self, dcpl, kind):
        rng = self.rng
        if rng.random() < 0.4:
            dcpl.set_alloc_time(rng.choice((h5d.ALLOC_TIME_EARLY, h5d.ALLOC_TIME_LATE, h5d.ALLOC_TIME_INCR)))
        if rng.random() < 0.3:
            times = (h5d.FILL_TIME_ALLOC, h5d.FILL_TIME_IFSET) + ((h5d.FILL_TIME_NEVER,) if kind.plain else ())
            dcpl.set_fill_time(rng.choice(times))
        roll = rng.random()
        if roll < 0.3:
            data = kind.make(self.keep)
            buffer = ctypes.create_string_buffer(data, len(data))
            call("H5Pset_fill_value", HID(dcpl.id), HID(kind.tid.id), buffer)
        elif roll < 0.36:
            call("H5Pset_fill_value", HID(dcpl.id), HID(-1), None)

    def filters(self, dcpl, kind):
        """At most one filter that packs numbers, and it comes first: after others libhdf5 loses bytes."""
        rng = self.rng
        # Of nested arrays and of pointers libhdf5's n-bit filter loses bytes.
        packing = [] if nests(kind.tid) or not kind.plain else [lambda: dcpl.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL)]
        if kind.size in (1, 2, 4, 8):  # of others libhdf5 loses the last bytes
            masks = (h5z.SZIP_EC_OPTION_MASK, h5z.SZIP_NN_OPTION_MASK)
            packing.append(lambda: dcpl.set_szip(rng.choice(masks), rng.choice((4, 8, 16, 32))))
        tclass = kind.tid.get_class()
        if tclass == h5t.INTEGER and kind.size <= 8:
            packing.append(lambda: dcpl.set_scaleoffset(h5z.SO_INT, rng.choice((0, 0, 3, 8 * kind.size))))
        if kind.tame:
            packing.append(lambda: dcpl.set_scaleoffset(h5z.SO_FLOAT_DSCALE, rng.randint(0, 5)))
        others = [
            dcpl.set_shuffle,
            lambda: dcpl.set_deflate(rng.randint(0, 9)),
            dcpl.set_fletcher32,
            lambda: dcpl.set_filter(h5z.FILTER_LZF, h5z.FLAG_OPTIONAL),
        ]
        steps = rng.sample(packing, rng.choice((0, 0, 1))) + rng.sample(others, rng.choice((0, 0, 1, 1, 2, 3)))
        for step in steps:
            try:
                step()
            except REFUSED:
                pass

    def values(self, dataset, kind, shape, layout):
        rng = self.rng
        roll = rng.random()
        if roll < 0.1:
            return
        if roll < 0.6 or not shape or 0 in shape:
            self.write("H5Dwrite", dataset, kind, shape, (0, 0, 0))
            return
        for _ in range(rng.choice((1, 1, 2, 4))):
            start = tuple(rng.randrange(extent) for extent in shape)
            count = tuple(rng.randint(1, extent - at) for extent, at in zip(shape, start))
            space = h5s.create_simple(shape)
            space.select_hyperslab(start, count)
            memory = h5s.create_simple(count)
            self.write("H5Dwrite", dataset, kind, count, (memory.id, space.id, 0))

    def reshape(self, dataset, kind, shape, most):
        rng = self.rng
        new = tuple(
            rng.randint(1, extent * 2 + 2) if limit == h5s.UNLIMITED else rng.randint(1, max(1, limit))
            for extent, limit in zip(shape, most)
        )
        total = 1
        for extent in new:
            total *= extent
        if total > 20000:
            return
        dataset.set_extent(new)
        if self.references.datasets and self.references.datasets[-1][1] == shape:
            self.references.datasets.pop()
        if rng.random() < 0.5:
            self.values(dataset, kind, new, "chunked")

    def unfiltered_chunk(self, dataset, kind):
        """One chunk stored as it is, with every filter masked."""
        chunk = dataset.get_create_plist().get_chunk()
        size = kind.size
        for extent in chunk:
            size *= extent
        mask = (1 << dataset.get_create_plist().get_nfilters()) - 1
        dataset.write_direct_chunk((0,) * len(chunk), self.rng.randbytes(size), filter_mask=mask)
