"""The code that a version carries, and its imports, which never meet today's code.

A version carries what its task imports of `pipelines/`, `models/`, `data_sets/` and `kernels/`, directly or not. Its
modules find one another there, also when a function imports one long after the version was loaded. Everything else
comes from the process: `capstan`, too, of which MLflow keeps a copy for those who load the version without Capstan.
"""

import builtins
import pickle
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import resolve_name, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from capstan import catalogue
from capstan.settings import ROOT
from capstan.versions.code import CORE, imported, module_path

PACKAGES = ("pipelines", "models", "data_sets", "kernels")
# What capstones may import of Capstan, and what loads their versions.
ROOMS = ["capstan/contract", "capstan/data", "capstan/inputs", "capstan/versions", "predictions"]
STANDALONE = Path("capstan/versions/standalone.py")

_importing = threading.RLock()


@contextmanager
def todays() -> Iterator[None]:
    """Let names of the packages mean today's code inside the block, whatever other threads load."""
    with _importing:
        yield


def copy(name: str, target: Path) -> None:
    """Copy to a folder the code that a version of a capstone carries."""
    _copy([catalogue.folder(name) / "task.py"], PACKAGES, target)


def copy_core(name: str, target: Path) -> None:
    """Copy to a folder what MLflow loads a version of a capstone with, where there is no Capstan.

    It holds all that capstones may import, so that a process which loads several versions can use the part of the first
    one for all.
    """
    rooms = [path for room in ROOMS for path in (ROOT / room).glob("*.py")]
    _copy([catalogue.folder(name) / "task.py", *rooms], CORE, target / "core")
    shutil.copy2(ROOT / STANDALONE, target)


def _copy(roots: Sequence[Path], packages: Sequence[str], target: Path) -> None:
    for path in imported(roots):
        place = module_path(path)
        if place.parts[0] in packages:
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target / place)


class VersionCode(MetaPathFinder):
    """The modules of one version. `folders` maps each package that it carries to its folder."""

    def __init__(self, folders: Mapping[str, Path]):
        self._folders = folders
        self._tops = tuple({name.partition(".")[0] for name in folders})
        self._modules: dict[str, ModuleType] = {}
        self._builtins = vars(builtins) | {"__import__": self._import}
        self._depth = 0

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let names of the packages mean this version's modules inside the block. One thread at a time may do so."""
        with _importing:
            self._depth += 1
            if self._depth > 1:
                yield
            else:
                todays = self._take()
                sys.modules.update(self._modules)
                # A new list: a thread that goes through the old one while it imports would miss a finder.
                sys.meta_path = [self, *sys.meta_path]
                try:
                    yield
                finally:
                    sys.meta_path = [finder for finder in sys.meta_path if finder is not self]
                    self._modules = self._take()
                    sys.modules.update(todays)
            self._depth -= 1

    def unpickle(self, file: IO[bytes]) -> Any:
        """Return a pickled object. Its classes are this version's; others may be imported while its data is read."""
        return _Unpickler(file, self).load()

    def calling(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function whose imports are this version's."""

        def call(*arguments: Any) -> Any:
            with self.active():
                return function(*arguments)

        return call

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module of this version is. Part of Python's protocol of finders."""
        spec: ModuleSpec | None = None
        if fullname in self._folders:
            spec = _package_spec(fullname, self._folders[fullname])
        elif fullname.startswith(tuple(f"{top}." for top in self._tops)):
            spec = PathFinder.find_spec(fullname, path)
        if spec and spec.origin and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.origin, self._builtins)
        return spec

    def _take(self) -> dict[str, ModuleType]:
        """Remove the packages' modules from those that are imported, and return them."""
        names = [name for name in sys.modules.copy() if name.partition(".")[0] in self._tops]
        return {name: sys.modules.pop(name) for name in names}

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import for the version's modules, in place of Python's `__import__`."""
        package = (globals or {}).get("__package__") or ""
        absolute = resolve_name("." * level + name, package) if level else name
        if absolute.partition(".")[0] not in self._tops:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        known = self._modules.get(absolute)
        # As most are, when a function that imports is called again: nothing has to be swapped.
        if known and fromlist and all(hasattr(known, item) for item in fromlist):
            return known
        with self.active():
            return builtins.__import__(name, globals, locals, fromlist or (), level)


class _Unpickler(pickle.Unpickler):
    """Imports what it reads about as a version's module would."""

    def __init__(self, file: IO[bytes], code: VersionCode):
        super().__init__(file)
        self._code = code

    def find_class(self, module: str, name: str) -> Any:
        with self._code.active():
            attribute = super().find_class(module, name)
        return self._code.calling(attribute) if name == "subimport" else attribute  # cloudpickle imports modules by it


class _Loader(SourceFileLoader):
    """Runs a version's module with its own `__import__`, from its source: bytecode is neither read nor written."""

    def __init__(self, name: str, path: str, builtins: dict[str, Any]):
        super().__init__(name, path)
        self._builtins = builtins

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = self._builtins
        super().exec_module(module)

    def path_stats(self, path: str) -> Mapping[str, Any]:
        """Raise OSError, by which Python's loader neither reads nor writes bytecode: it may be of other source."""
        raise OSError(f"{path}: bytecode is not used")


def _package_spec(name: str, folder: Path) -> ModuleSpec:
    file = folder / "__init__.py"
    if file.exists():
        spec = spec_from_file_location(name, file, submodule_search_locations=[str(folder)])
        assert spec
        return spec
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    return spec
