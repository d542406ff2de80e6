"""Every study: it loads, is small, and its README shows its results."""

import re
from pathlib import Path

import pytest

from capstan import catalogue
from capstan.study import find, pages, record
from capstan.versions.code import imported

MOST_LINES, MOST_STUDIES, MOST_WORDS = 400, 6, 250
UNCOUNTED = {"spread", "gate", "cost"}  # every capstone may have these
# How many studies a capstone has, where that is more. It may only shrink.
LARGE = {"language_model": 8, "search": 8}
CAPSTONES = [pytest.param(name, marks=pytest.mark.capstone(name)) for name in catalogue.names()]
STUDIES = [
    pytest.param(name, question, marks=pytest.mark.capstone(name), id=f"{name}-{question}")
    for name in catalogue.names()
    for question in find.questions(name)
]


@pytest.mark.parametrize("name", CAPSTONES)
def test_readmes_show_the_results_of_the_studies(name):
    assert pages.differing(name) == []


@pytest.mark.parametrize("name", CAPSTONES)
def test_a_capstone_has_few_studies(name):
    assert len({*find.questions(name)} - UNCOUNTED) <= LARGE.get(name, MOST_STUDIES)


@pytest.mark.parametrize("name", CAPSTONES)
def test_what_studies_share_is_small(name):
    shared = (catalogue.folder(name) / find.FOLDER).glob("*.py")
    assert sum(len(path.read_text().splitlines()) for path in shared) <= MOST_LINES


@pytest.mark.parametrize(("name", "question"), STUDIES)
def test_a_study_is_small(name, question):
    folder = find.folder(name, question)
    assert sum(len(path.read_text().splitlines()) for path in folder.rglob("*.py")) <= MOST_LINES
    assert words(folder / "README.md") <= MOST_WORDS


@pytest.mark.parametrize(("name", "question"), STUDIES)
def test_the_record_has_the_cells_that_the_study_states(name, question):
    """An edit of the cases or the seeds needs a new measurement."""
    study = find.load(name, question)
    file = find.folder(name, question) / record.FILE
    known = record.Record.of(file)
    missing = [cell for cell in study.cells(known.head["seeds"]) if not known.has(cell)]
    assert known.head["seeds"] == study.seeds and missing == []


@pytest.mark.parametrize("name", CAPSTONES)
def test_an_application_imports_no_study(name):
    own = catalogue.folder(name)
    begins = [path for path in own.glob("*.py") if path.stem in ("task", "pipeline", "features")]
    assert not [path for path in imported(begins) if find.FOLDER in path.parts]


def words(page: Path) -> int:
    """Return the words of a page besides its tables and code."""
    text = re.sub(r"<!--.*?-->", "", page.read_text(), flags=re.DOTALL)
    lines = [line for line in text.splitlines() if not line.startswith(("|", "    "))]
    return len(" ".join(lines).split())
