"""The code has what the record chose."""

from capstan.study.find import folder
from capstan.study.record import FILE, Record
from pipelines.sentiment import scores
from pipelines.sentiment.studies.tune.study import FAMILIES


def test_constants_are_those_of_the_record():
    record = Record.of(folder("sentiment", "tune") / FILE).frame()
    assert FAMILIES.best(record, "ridge") == {"penalty": scores.PENALTY, "stretch": scores.STRETCH}
