"""The tables of a study in READMEs: that of the study, and that of its capstone.

What lies between `<!-- study QUESTION -->` and `<!-- end -->` is written from the results: all tables, or with
`<!-- study QUESTION: PART -->` those of one part.
"""

import re
from pathlib import Path

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.study import find
from capstan.study.record import FILE, Record
from capstan.study.tables import markdown

BLOCK = re.compile(
    r"(?P<head><!-- study (?P<question>\w+)(?:: (?P<part>[^>]+?))? -->\n)(?P<body>.*?)(?P<end><!-- end -->)", re.DOTALL
)


def files(capstone: str) -> list[Path]:
    """Return the READMEs that may have tables of studies."""
    folder = catalogue.folder(capstone)
    return [
        path for path in (folder / "README.md", *sorted(folder.glob(f"{find.FOLDER}/*/README.md"))) if path.exists()
    ]


def rendered(capstone: str, text: str, only: str = "") -> str:
    """Return the text of a README with its tables as the results have them. only: of one study."""

    def write(block: re.Match[str]) -> str:
        if only and block["question"] != only:
            return block[0]
        return f"{block['head']}{_tables(capstone, block['question'], block['part'] or '')}{block['end']}"

    return BLOCK.sub(write, text)


def render(capstone: str, question: str) -> list[Path]:
    """Write the tables of a study into the READMEs that have a place for them; return those that changed."""
    changed = []
    for path in files(capstone):
        before = path.read_text()
        if (after := rendered(capstone, before, question)) != before:
            path.write_text(after)
            changed.append(path)
    return changed


def differing(capstone: str) -> list[str]:
    """Return what is wrong with the READMEs of a capstone: tables that differ from the results, or studies without."""
    wrong = [
        f"{path}: its tables are not those of the results. Run `capstan study {capstone} --render`."
        for path in files(capstone)
        if rendered(capstone, path.read_text()) != path.read_text()
    ]
    for question in find.questions(capstone):
        folder = find.folder(capstone, question)
        if not (folder / FILE).exists():
            wrong.append(f"{folder} has no {FILE}. Run `capstan study {capstone} {question}`.")
        elif not _shown(folder / "README.md", question):
            wrong.append(f"{folder / 'README.md'} has no place for its tables: `<!-- study {question} -->`.")
    return wrong


def _shown(readme: Path, question: str) -> bool:
    return readme.exists() and any(block["question"] == question for block in BLOCK.finditer(readme.read_text()))


def _tables(capstone: str, question: str, part: str) -> str:
    known = Record.of(find.folder(capstone, question) / FILE)
    study, lines = find.load(capstone, question), known.frame()
    tables = [markdown(table, lines) for table in study.tables if part in ("", table.part)]
    if not tables:
        parts = ", ".join(table.part for table in study.tables)
        raise CapstanError(f"The study {question} of {capstone} has no table of the part {part!r}. Known: {parts}.")
    return "\n\n".join([*tables, known.conditions()]) + "\n"
