"""The rooms of `models/`: an index that is current, no cycles, and nothing of a single capstone."""

import ast
import re
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

from capstan import catalogue
from capstan.settings import ROOT
from capstan.versions.code import imported, imports
from tests.support import model_index

FILES = sorted((ROOT / "models").rglob("*.py"))
MOST_FLAT = 12
RUN = re.compile(r'"-m", "(models\.[\w.]+)"')  # a module that another starts as a program


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


def test_an_application_or_a_study_reaches_every_module():
    """Not tests alone: each algorithm is served, or measured."""
    reached = set(imported(path for name in catalogue.names() for path in product(name)))
    programs = {RUN.search(path.read_text()) for path in FILES if path in reached} - {None}
    started = {ROOT / f"{found[1].replace('.', '/')}.py" for found in programs}
    others = [path for path in FILES if path not in reached | started and ast.parse(path.read_text()).body[1:]]
    assert others == [], [str(path.relative_to(ROOT)) for path in others]


def test_no_module_names_a_column_or_a_constant_of_one_capstone():
    owners: dict[str, set[str]] = defaultdict(set)
    for name in catalogue.names():
        for path in product(name):
            if path.stem in ("columns", "schema", "data", "features") and "studies" not in path.parts:
                for word in words(path):
                    owners[word].add(name)
    found = [
        f"{path.relative_to(ROOT)}: {word} of {min(owners[word])}"
        for path in FILES
        for word in words(path)
        if len(owners[word]) == 1
    ]
    assert found == []


def product(name: str) -> list[Path]:
    """Return the modules of a capstone, and of its studies, without its tests."""
    return [path for path in catalogue.folder(name).rglob("*.py") if "tests" not in path.parts]


def words(path: Path) -> set[str]:
    """Return the names with an underscore in a module's text and constants: columns, mostly."""
    tree = ast.parse(path.read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assigned = {target.id for target in targets if isinstance(target, ast.Name)}
    return {word for word in texts | assigned if re.fullmatch(r"[A-Za-z]+(_[A-Za-z0-9]+)+", word)}
