"""The digest of the code of a step: the files that it imports, directly or not, and the lock."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from capstan import catalogue
from capstan.files import digest
from capstan.settings import ROOT

PACKAGES = ("capstan", "components", "feature_repo", "kernels", "models", "monitoring", "pipelines", "serving")

# A profile says where things are, and not what they are: the adapters that it imports do not count.
PROFILE = Path("capstan/profile.py")


def step_digest(capstone: str, source: str) -> str:
    """Return the digest of our modules that a component's source imports, of the capstone's modules, and of the lock.

    Imports inside functions count. What is not imported does not: an edit of another capstone, or of a component that
    the step does not use, leaves its cache valid.
    """
    roots = [path for name in _names(source) for path in _files(name)]
    return digest(*imported([*roots, *catalogue.modules(capstone)]), ROOT / "requirements" / "all.lock")


def imported(files: Iterable[Path]) -> list[Path]:
    """Return Python files and every file of our packages that they import, directly or not, sorted."""
    found: set[Path] = set()
    waiting = [path for path in files if path.exists()]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            if path == ROOT / PROFILE:
                continue
            waiting += [other for name in _names(path.read_text(), _package(path)) for other in _files(name)]
    return sorted(found)


def _package(path: Path) -> tuple[str, ...]:
    """Return the names of the packages that hold a file; none for a file outside of the checkout."""
    return path.parent.relative_to(ROOT).parts if path.is_relative_to(ROOT) else ()


@cache
def _names(source: str, package: tuple[str, ...] = ()) -> frozenset[str]:
    """Return the names of our modules that a source imports. `from a import b` may mean the module a.b.

    package: the packages that hold the source, from which relative imports start.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*start, *([node.module] if node.module else [])])
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in names if name.split(".")[0] in PACKAGES)


def _files(name: str) -> tuple[Path, ...]:
    """Return the file of a module and the files of its packages."""
    parts, found = name.split("."), []
    for end in range(1, len(parts) + 1):
        path = ROOT.joinpath(*parts[:end])
        found += [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()]
    return tuple(found)
