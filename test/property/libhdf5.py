"""libhdf5 as h5py has loaded it, for the calls that h5py does not wrap."""
import ctypes
import os

from h5py import h5f

HID = ctypes.c_int64


def load():
    h5f.get_obj_count(h5f.OBJ_ALL, h5f.OBJ_ALL)
    with open("/proc/self/maps") as maps:
        for line in maps:
            path = line.split(maxsplit=5)[-1].strip()
            name = os.path.basename(path)
            if name.startswith("libhdf5") and "_hl" not in name and ".so" in name:
                return ctypes.CDLL(path)
    raise SystemExit("libhdf5 is not loaded")


LIB = load()
LIB.H5Pcreate.restype = HID
LIB.H5Eset_auto2(HID(0), None, None)


def call(name, *arguments):
    """Calls a function whose negative result is a failure; Python integers go as `int`, identifiers as `HID`."""
    status = getattr(LIB, name)(*arguments)
    if status < 0:
        raise RuntimeError(name)
    return status
