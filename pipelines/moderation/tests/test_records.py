"""The code has what the record chose."""

from capstan.study.find import folder
from capstan.study.record import FILE, Record
from pipelines.moderation import identity, scores
from pipelines.moderation.studies.tune.study import FAMILIES, WEIGHTS


def test_constants_are_those_of_the_record():
    record = Record.of(folder("moderation", "tune") / FILE).frame()
    assert FAMILIES.best(record, "softmax") == {"strength": scores.STRENGTH, "stretch": scores.STRETCH}
    assert WEIGHTS.best(record, "sentences") == {"weight": identity.WEIGHT}
