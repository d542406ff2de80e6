"""Families: the optional libraries of pyproject.toml, each shared by many capstones."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from capstan.errors import CapstanError
from capstan.settings import ROOT

TOOLS = "dev"  # the extra that is no family: what checks and tests need


@cache
def all_families() -> dict[str, list[str]]:
    """Return what each family requires, in the order in which an image stacks them."""
    families = _pyproject()["project"]["optional-dependencies"]
    return {name: lines for name, lines in families.items() if name != TOOLS}


@cache
def excluded() -> list[str]:
    """Return the packages that no family installs, although one of its packages requires them."""
    names: list[str] = _pyproject()["tool"]["uv"]["exclude-dependencies"]
    return names


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Return families in the order of an image's layers. Raises CapstanError when Capstan has no such family."""
    wanted, known = set(names), all_families()
    if unknown := sorted(wanted - known.keys()):
        raise CapstanError(f"pyproject.toml has no family {', '.join(unknown)}. It has: {', '.join(known)}.")
    return tuple(name for name in known if name in wanted)


def of(capstone: str) -> tuple[str, ...]:
    """Return the families that a capstone needs, in the order of an image's layers. Raises CapstanError."""
    from capstan.catalogue import load

    return ordered(load(capstone).FAMILIES)


def lock(names: Iterable[str], folder: Path) -> Path:
    """Return the lock that families are installed from: their own when one excludes others, else that of all.

    Raises CapstanError when two of them have their own locks.
    """
    own = [name for name in names if (folder / f"{name}.lock").exists()]
    if len(own) > 1:
        raise CapstanError(f"The families {' and '.join(own)} exclude each other. Name one of them.")
    return folder / f"{own[0] if own else 'all'}.lock"


def require(capstone: str) -> None:
    """Raise CapstanError, with the command that installs it, when a package of a capstone's families is missing."""
    names = of(capstone)
    packages = [Requirement(line).name for name in names for line in all_families()[name]]
    if missing := [package for package in packages if not _installed(package)]:
        raise CapstanError(
            f"{capstone} needs the {'families' if len(names) > 1 else 'family'} {', '.join(names)}, and "
            f"{', '.join(missing)} is not installed. Run `make install FAMILIES={','.join(names)}`."
        )


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
