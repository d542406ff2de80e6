"""The rooms of `models/`: an index that is current, no cycles, and nothing of a single capstone."""

import ast
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

from capstan.settings import ROOT
from capstan.versions.code import imports
from tests.support import model_index

FILES = sorted((ROOT / "models").rglob("*.py"))
MOST_FLAT = 12


def room(module: str) -> str:
    """Return the room of a module, or the module itself where it stands in none."""
    parts = module.split(".")
    return ".".join(parts[:2])


def test_the_index_is_current():
    assert model_index.PAGE.read_text() == model_index.page(), "Run `make golden`, and read what changed."


def test_rooms_do_not_import_one_another_in_a_cycle():
    graph: dict[str, set[str]] = defaultdict(set)
    for path in FILES:
        own = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name in imports(path.read_text(), path.relative_to(ROOT).parent.parts):
            if name.startswith("models.") and (ROOT / Path(*name.split(".")[:2])).with_suffix("").exists():
                graph[own] |= {room(name)} - {own}
    TopologicalSorter(graph).prepare()
    assert graph["models.trees"] >= {"models.linear"}


def test_few_modules_stand_in_no_room():
    assert len(list((ROOT / "models").glob("[!_]*.py"))) <= MOST_FLAT


def test_every_room_says_what_it_holds():
    for path in (ROOT / "models").rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_models_import_no_capstone_and_no_data_set():
    for path in FILES:
        names = imports(path.read_text(), path.relative_to(ROOT).parent.parts)
        assert not [name for name in names if name.split(".")[0] in ("pipelines", "data_sets")], path
