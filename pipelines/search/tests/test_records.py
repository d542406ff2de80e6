"""The code has what the records chose."""

from dataclasses import asdict

from capstan.study import find
from capstan.study.record import FILE, Record
from pipelines.search import quoting
from pipelines.search.ranking import CHOSEN
from pipelines.search.studies.tune import study as tune


def record(question: str) -> Record:
    """Return the record of a study."""
    return Record.of(find.folder("search", question) / FILE)


def test_constants_are_those_of_the_record():
    lines, chosen = record("tune").frame(), asdict(CHOSEN)
    for family in tune.FAMILIES:
        assert tune.FAMILIES.best(lines, family).items() <= chosen.items()


def test_quotes_are_chosen_as_the_record_says():
    (cell,) = [cell for cell in record("quotes").cells if cell["measure"] == "learning"]
    chosen = asdict(quoting.CHOSEN)
    assert cell["lines"] == [chosen | {"weights": list(chosen["weights"])}]
