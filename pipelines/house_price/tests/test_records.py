"""The code has what the record chose."""

from capstan.study import find
from capstan.study.record import FILE, Record
from pipelines.house_price import training
from pipelines.house_price.studies.tune import study as tune


def test_settings_are_those_of_the_record():
    trials = Record.of(find.folder("house_price", "tune") / FILE).frame()
    assert len(trials) == tune.STUDY.seeds * sum(map(len, tune.TRIED.values()))
    assert tune.best(trials) == training.SETTINGS
