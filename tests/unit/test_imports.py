"""Dependencies point one way, without cycles: the contracts are in pyproject.toml, under [tool.importlinter]."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from capstan.settings import ROOT
from capstan.versions.code import PACKAGES

SOURCES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if not {"tests", "templates"} & set(path.relative_to(ROOT).parts)
)


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


# What reaches code by its name, which no other file may: old names, the files of a step's digest.
BY_NAME = {"capstan.old_names", "components.build_features.since"}


def imports(source: str, package: str, known: set[str], strings: bool = True) -> set[str]:
    """Return the modules of `known` that a source imports: in functions, for type checkers, or named by a string."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            # `from a import b` means the module a.b, where there is one.
            names |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base for alias in node.names}
        elif strings and isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            names.add(node.value)
    return names & known


def room(module: str, known: set[str]) -> str:
    """Return the room of a module: its folder, or itself where it stands next to rooms, in a package of ours."""
    parent = module.rpartition(".")[0]
    return parent if "." in parent or parent not in known else module


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules that import one another in a circle, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        modules: list[str] = error.args[1]
        return modules
    return []


def test_imports_keep_the_contracts():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-logo", "--no-cache"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def package(path: Path) -> str:
    return ".".join(path.parent.relative_to(ROOT).parts)


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """Each module and those that it imports."""
    known = {module(path) for path in SOURCES}
    return {
        name: imports(path.read_text(), package(path), known, name not in BY_NAME) - {name}
        for path in SOURCES
        for name in [module(path)]
    }


def test_no_file_imports_itself_by_way_of_others(graph):
    assert len(graph) > 300
    assert cycle(graph) == []


def test_no_room_imports_itself_by_way_of_others(graph):
    """A folder and those inside of it are one room: a package may be divided."""
    rooms: dict[str, set[str]] = {}
    for name, imported in graph.items():
        own = room(name, set(graph))
        rooms.setdefault(own, set()).update(
            other for other in (room(target, set(graph)) for target in imported) if not _inside(own, other)
        )
    assert {"capstan.contract", "models.trees"} <= rooms.keys()
    assert cycle(rooms) == []


def _inside(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


WAYS = ["import a.b", "from a import b", "from a.b import c", "from . import b", "from .b import c"]


@pytest.mark.parametrize("source", [*WAYS, "def f():\n    from a import b"])
def test_every_way_to_import_counts(source):
    assert imports(source, "a", {"a.b"}) == {"a.b"}
    assert cycle({"a.b": {"a.c"}, "a.c": imports(source, "a", {"a.b"})}) != []


@pytest.mark.parametrize(
    "source", ["from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a.b", "import_module('a.b')"]
)
def test_imports_for_type_checkers_and_by_a_string_count(source):
    assert imports(source, "a", {"a.b"}) == {"a.b"}


def test_settings_import_only_errors():
    source = (ROOT / "capstan" / "settings.py").read_text()
    assert imports(source, "capstan", {module(path) for path in SOURCES}) == {"capstan.errors"}


def test_no_package_imports_a_module_that_is_run_by_itself():
    """`python -m` warns of one that is there already."""
    run = [module(path) for path in SOURCES if '\nif __name__ == "__main__":' in path.read_text()]
    packages = sorted({name.rpartition(".")[0] for name in run})
    check = f"import sys, {', '.join(packages)}; print(*({run!r} & sys.modules.keys()))".replace("[", "{").replace(
        "]", "}"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT)
    assert "serving.guards.tokens" in run and (done.stdout.strip(), done.stderr) == ("", "")
