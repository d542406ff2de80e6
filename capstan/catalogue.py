"""The catalogue: each folder with a `task.py`, in `pipelines/` or a folder of CAPSTAN_CAPSTONES, is a capstone."""

import keyword
import re
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from capstan import old_names
from capstan.contract.capstone import Capstone, capstone_of
from capstan.contract.capstone_check import check
from capstan.errors import CapstanError, did_you_mean
from capstan.settings import ROOT, settings

PIPELINES = ROOT / "pipelines"
NAME = re.compile(r"[a-z][a-z0-9_]*")


def folders() -> list[Path]:
    """Return the folders that hold capstones: `pipelines/`, then those of CAPSTAN_CAPSTONES."""
    return [PIPELINES, *settings().capstones]


def names() -> list[str]:
    """Return the names of all capstones, sorted."""
    candidates = {path.parent.name for folder in folders() for path in folder.glob("*/task.py")}
    return sorted(name for name in candidates if is_name(name))


def is_name(name: str) -> bool:
    """Return whether a capstone may have this name: a Python identifier in lower case that no module had before."""
    return bool(NAME.fullmatch(name)) and not keyword.iskeyword(name) and f"pipelines.{name}" not in old_names.NAMES


def folder(name: str) -> Path:
    """Return the folder of a capstone. Raises CapstanError when there is none."""
    for parent in folders():
        if (parent / name / "task.py").exists() and is_name(name):
            return parent / name
    hint = did_you_mean(name, names())
    raise CapstanError(f"There is no capstone {name!r}.{hint} Known: {', '.join(names()) or 'none'}.")


def entry_points(name: str) -> list[Path]:
    """Return the files of a capstone with which its steps and its server begin. The others are imported by these."""
    return [path for path in (folder(name) / "task.py", folder(name) / "features.py") if path.exists()]


def add_search_path() -> None:
    """Make `pipelines.NAME` importable from the folders of CAPSTAN_CAPSTONES too."""
    pipelines = import_module(PIPELINES.name)
    for parent in settings().capstones:
        if str(parent) not in pipelines.__path__:
            pipelines.__path__.append(str(parent))


def load(name: str) -> Capstone:
    """Return a capstone, from its module `pipelines.NAME.task` (see `capstan.contract.capstone` for the contract).

    Raises CapstanError when the module cannot be imported or is incomplete.
    """
    capstone = capstone_of(name, _import(name, "task"))
    check(capstone)
    return capstone


def load_pipeline(name: str) -> Any:
    """Return the KFP graph of a capstone, `pipeline` in `pipelines.NAME.pipeline`."""
    if not (folder(name) / "pipeline.py").exists():
        raise CapstanError(f"{name} has no pipelines/{name}/pipeline.py: see docs/adding-a-capstone.md.")
    return _import(name, "pipeline").pipeline


def _import(name: str, module: str) -> ModuleType:
    where = folder(name)
    _check_packages()
    add_search_path()
    try:
        return import_module(f"pipelines.{name}.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pipelines"):
            raise
        raise CapstanError(
            f"{where / module}.py needs the package {error.name!r}, which is not installed. Install its family with "
            "`make install FAMILIES=...`, or import it inside the function that needs it."
        ) from error
    except CapstanError:
        raise
    except Exception as error:
        raise CapstanError(f"{where / module}.py cannot be imported: {type(error).__name__}: {error}") from error


@cache
def _check_packages() -> None:
    """Raise CapstanError where Python finds another package, such as a user's `models/`, in place of one of Capstan's.

    The error would otherwise be that of a module that Capstan has.
    """
    for path in sorted(ROOT.glob("*/__init__.py")):
        own, spec = path.parent, PathFinder.find_spec(path.parent.name)
        if own.name != "tests" and spec and spec.origin and not Path(spec.origin).resolve().is_relative_to(own):
            raise CapstanError(
                f"Python finds {spec.origin} in place of Capstan's own package {own.name!r}. Rename it, or "
                "leave its folder out of PYTHONPATH; a script's own folder counts as well."
            )
