# Given to python by `-c`: takes the modules of this package from standard input, so that nothing need be installed or unpacked.
import importlib.abc
import importlib.util
import os
import struct
import sys


def _take(count):
    data = b""
    while len(data) < count:
        piece = os.read(0, count - len(data))
        if not piece:
            os._exit(0)  # the Java program is gone
        data += piece
    return data


def _take_text():
    return _take(struct.unpack(">I", _take(4))[0]).decode("utf-8")


class _Given(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    def __init__(self, sources):
        self.sources = sources

    def find_spec(self, name, path=None, target=None):
        if name not in self.sources:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=self.is_package(name))

    def is_package(self, name):
        return any(each.startswith(name + ".") for each in self.sources)

    def get_source(self, name):
        return self.sources[name]


sys.path[:] = [place for place in sys.path if place]  # the working directory is no place for modules
_modules = {}
for _ in range(struct.unpack(">I", _take(4))[0]):
    _name = _take_text()
    _modules[_name] = _take_text()
sys.meta_path.insert(0, _Given(_modules))


def _refuse(missing):
    said = f"{sys.executable} (Python {sys.version.split()[0]}) cannot import {missing}".encode()
    fields = [b"unusable", said]
    os.write(1, struct.pack(">I", 2) + b"".join(struct.pack(">I", len(each)) + each for each in fields))


try:
    import distributed  # noqa: F401
except ImportError as failure:
    _refuse(f"distributed: {failure}")
    os._exit(1)

from heddle_dask.sidecar import main  # noqa: E402

main()
