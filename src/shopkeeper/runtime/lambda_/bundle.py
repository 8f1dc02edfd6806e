"""The byte code of a package in one file, from which its modules are imported.

Python's own importer asks the system seven times for each module: where it is, whether it is a file, how old its source
is, and to open and read it. The file of a bundle is opened once, and a module is one read of it. Everything else is as
Python does it: modules know their files, tracebacks show their lines, and what is not in the bundle is found beside it.
"""

import marshal
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

NAME = f"modules.{sys.implementation.cache_tag}"
"""The file's name. Another version of Python finds no bundle, and uses the sources."""

LENGTH_BYTES = 8
"""The file begins with the length of its index. There follow the index, and the byte code that it names."""

LATER = frozenset({"msgspec.inspect", "msgspec.msgpack", "msgspec.toml", "msgspec.yaml"})
"""What msgspec imports and a start does not use. Each is loaded when something of it is first asked for."""

Index = dict[str, tuple[int, int, bool]]
"""Where the byte code of each module is, how long it is, and whether the module is a package."""


class Bundle:
    """Finds modules and loads them, as an entry of `sys.meta_path`."""

    def __init__(self, folder: str) -> None:
        """Open the bundle of a folder. Raises OSError if it has none."""
        self._folder = folder
        self._file = os.open(f"{folder}/{NAME}", os.O_RDONLY | os.O_CLOEXEC)
        length = int.from_bytes(os.pread(self._file, LENGTH_BYTES, 0))
        self._index: Index = marshal.loads(os.pread(self._file, length, LENGTH_BYTES))  # noqa: S302  # as safe as the code
        self._begins = LENGTH_BYTES + length

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Return what is known of a module, None if the bundle does not have it."""
        if name not in self._index:
            return None
        is_package = self._index[name][2]
        place = f"{self._folder}/{name.replace('.', '/')}"
        origin = f"{place}/__init__.py" if is_package else f"{place}.py"
        # Without a location, Python computes no path of a cache for each module.
        spec = ModuleSpec(name, self, origin=origin, is_package=is_package)  # type: ignore[arg-type]  # a loader by its methods
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(place)
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the byte code of a module, now or later."""
        module.__file__ = module.__spec__.origin if module.__spec__ is not None else None
        if module.__name__ not in LATER:
            self._run(module)
            return

        def load(name: str) -> object:
            del module.__getattr__
            self._run(module)
            return getattr(module, name)

        module.__getattr__ = load  # type: ignore[method-assign]  # PEP 562

    def _run(self, module: ModuleType) -> None:
        offset, size, _ = self._index[module.__name__]
        exec(marshal.loads(os.pread(self._file, size, self._begins + offset)), module.__dict__)  # noqa: S102, S302


def install(folder: str) -> None:
    """Import modules from the bundle of a folder, if there is one."""
    try:
        sys.meta_path.insert(0, Bundle(folder))
    except OSError:
        pass  # a checkout, or another version of Python


def encode(modules: dict[str, tuple[bytes, bool]]) -> bytes:
    """Return a bundle of modules: of each its marshalled byte code, and whether it is a package."""
    index: Index = {}
    code = bytearray()
    for name in sorted(modules):
        content, is_package = modules[name]
        index[name] = (len(code), len(content), is_package)
        code += content
    head = marshal.dumps(index)
    return len(head).to_bytes(LENGTH_BYTES) + head + bytes(code)
