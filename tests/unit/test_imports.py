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


def imports(source: str, package: str, known: set[str]) -> set[str]:
    """Return the modules of `known` that a source imports, inside functions too, but not for type checkers alone."""
    tree, unused = ast.parse(source), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            unused |= {id(inner) for statement in node.body for inner in ast.walk(statement)}
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in unused:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            # `from a import b` means the module a.b, where there is one.
            names |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base for alias in node.names}
    return names & known


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


def test_no_file_imports_itself_by_way_of_others():
    known = {module(path) for path in SOURCES}
    graph = {module(path): imports(path.read_text(), package(path), known) - {module(path)} for path in SOURCES}
    assert len(graph) > 300
    assert cycle(graph) == []


WAYS = ["import a.b", "from a import b", "from a.b import c", "from . import b", "from .b import c"]


@pytest.mark.parametrize("source", [*WAYS, "def f():\n    from a import b"])
def test_every_way_to_import_counts(source):
    assert imports(source, "a", {"a.b"}) == {"a.b"}
    assert cycle({"a.b": {"a.c"}, "a.c": imports(source, "a", {"a.b"})}) != []


def test_an_import_for_type_checkers_does_not_count():
    assert imports("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a.b", "a", {"a.b"}) == set()


def test_no_package_imports_a_module_that_is_run_by_itself():
    """`python -m` warns of one that is there already."""
    run = [module(path) for path in SOURCES if '\nif __name__ == "__main__":' in path.read_text()]
    packages = sorted({name.rpartition(".")[0] for name in run})
    check = f"import sys, {', '.join(packages)}; print(*({run!r} & sys.modules.keys()))".replace("[", "{").replace(
        "]", "}"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT)
    assert "serving.guards.tokens" in run and (done.stdout.strip(), done.stderr) == ("", "")
