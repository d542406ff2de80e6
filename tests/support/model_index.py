"""`models/README.md`, the index of algorithms, made from the modules. `make golden` writes it."""

import ast
import re
from functools import cache
from pathlib import Path

from capstan import catalogue
from capstan.settings import ROOT
from capstan.versions.code import imported

MODELS = ROOT / "models"
PAGE = MODELS / "README.md"
HEAD = """# Algorithms

What knows nothing of a capstone, one algorithm a file, grouped in rooms. This page is made from the modules:
`make golden` writes it, and a test keeps it current. The paper is the docstring's source; `Reference:` in a docstring
names what the result equals, and how closely.
"""
YEAR = re.compile(r"\b(1[89]\d\d|20[0-3]\d)\b")


def page() -> str:
    """Return the whole index."""
    rooms = sorted(path.parent for path in MODELS.rglob("__init__.py") if path.parent != MODELS)
    parts = [HEAD]
    for folder in (*rooms, MODELS):
        files = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
        if not files:
            continue
        title = ".".join(folder.relative_to(ROOT).parts)
        about = " ".join((ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or "").split())
        rows = ["| algorithm | file | paper | equals | used by |", "| --- | --- | --- | --- | --- |"]
        rows += [row(path) for path in files]
        parts.append(f"## {title}\n\n{about}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def row(path: Path) -> str:
    """Return the row of a module."""
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    head, _, rest = text.partition("\n")
    link = f"[{path.name}]({path.relative_to(MODELS)})"
    cells = [head.rstrip("."), link, paper(text), reference(rest), ", ".join(users(path)) or "-"]
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def paper(text: str) -> str:
    """Return the source that a docstring names: its sentence with `Source:`, or the first one with a year."""
    flat = " ".join(text.split())
    if found := re.search(r"Sources?: (.*?)(?:\. [A-Z]|\.$|$)", flat):
        return found[1]
    sentences = re.split(r"(?<=[.)]) (?=[A-Z])", flat)
    return next((sentence.rstrip(".") for sentence in sentences if YEAR.search(sentence)), "-")


def reference(text: str) -> str:
    """Return what an algorithm equals, of the line `Reference:`."""
    found = re.search(r"Reference: (.*?)(?:\n\n|$)", text, flags=re.DOTALL)
    return " ".join(found[1].split()).rstrip(".") if found else "-"


def users(path: Path) -> list[str]:
    """Return the capstones that serve a module, and those that only study it."""
    served = [name for name in catalogue.names() if path in closure(name, False)]
    studied = [f"{name} (study)" for name in catalogue.names() if name not in served and path in closure(name, True)]
    return [*served, *studied]


@cache
def closure(name: str, studies: bool) -> frozenset[Path]:
    """Return the files that a capstone imports to train and serve; or all that it imports but in tests."""
    folder = catalogue.folder(name)
    files = [path for path in folder.rglob("*.py") if "tests" not in path.relative_to(folder).parts]
    return frozenset(imported(files if studies else [folder / "task.py"]))


if __name__ == "__main__":
    PAGE.write_text(page())
