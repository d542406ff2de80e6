"""The code has what the record chose."""

from models import study
from pipelines.moderation import scores, tune


def test_constants_are_those_of_the_record():
    record, tried = study.read(tune.FOLDER / "tune.json"), tune.FAMILIES
    assert len(record) == sum(len(tried.trials(family)) for family in tried)
    assert tried.best(record, "softmax") == {"strength": scores.STRENGTH, "stretch": scores.STRETCH}
