"""The digest of the code of a step: the files that it imports, directly or not, and the lock."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from capstan import catalogue, families, old_names
from capstan.data.files import digest
from capstan.settings import ROOT, settings

# The folders of this checkout that hold our code.
CORE, SHARED = ("capstan", "cluster", "predictions"), ("data_sets", "kernels", "models")
ABOVE = ("cli", "components", "feature_repo", "graphs", "monitoring", "pipelines", "serving")
PACKAGES = (*CORE, *SHARED, *ABOVE)

# A profile says where things are, and not what they are: the adapters that it imports do not count.
PROFILE = Path("capstan/profile.py")


def step_digest(capstone: str, source: str) -> str:
    """Return the digest of our modules that a step and its capstone import, and of the lock.

    Imports inside functions count. What is not imported does not: an edit of another capstone, or of a component that
    the step does not use, leaves its cache valid.
    """
    roots = [path for name in _names(source) for path in files(name)]
    lock = families.lock(families.of(capstone), ROOT / "requirements")
    return digest(*imported([*roots, *catalogue.entry_points(capstone)]), lock)


def module_path(path: Path) -> Path:
    """Return the place of a Python file in the checkout: that of a capstone elsewhere is below `pipelines/`, too."""
    for parent in settings().capstones:
        if path.is_relative_to(parent):
            return Path("pipelines") / path.relative_to(parent)
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)


def imported(roots: Iterable[Path]) -> list[Path]:
    """Return Python files and every file of our packages that they import, directly or not, sorted."""
    seen: set[Path] = set()
    waiting = [path for path in roots if path.exists()]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            if path == ROOT / PROFILE:
                continue
            waiting += [file for name in _names(path.read_text(), _package(path)) for file in files(name)]
    return sorted(seen)


def _package(path: Path) -> tuple[str, ...]:
    """Return the names of the packages that hold a file."""
    return module_path(path).parent.parts


def _names(source: str, package: tuple[str, ...] = ()) -> frozenset[str]:
    """Return the names of our modules that a source imports."""
    return frozenset(name for name in imports(source, package) if name.split(".")[0] in PACKAGES)


@cache
def imports(source: str, package: tuple[str, ...] = ()) -> frozenset[str]:
    """Return the names of the modules that a source imports. `from a import b` may mean the module a.b.

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
    return frozenset(names)


def files(name: str) -> tuple[Path, ...]:
    """Return the file of a module and the files of its packages."""
    parts, paths = old_names.current(name).split("."), []
    for end in range(1, len(parts) + 1):
        places = [ROOT.joinpath(*parts[:end])]
        if parts[0] == "pipelines" and end > 1:
            places += [folder.joinpath(*parts[1:end]) for folder in settings().capstones]
        paths += [file for path in places for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()]
    return tuple(paths)
