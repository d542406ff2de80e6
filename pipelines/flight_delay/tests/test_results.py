"""What is served is what the studies chose."""

import pandas as pd

from capstan.study import find
from capstan.study.record import FILE, Record
from pipelines.flight_delay import task
from pipelines.flight_delay.studies.compare import study as compare
from pipelines.flight_delay.studies.tune import study as tune


def test_settings_are_those_that_were_best_on_other_months():
    chosen = tune.best(Record.of(find.folder("flight_delay", "tune") / FILE).frame())
    assert {name: task.PARAMETERS[name] for name in chosen} == chosen


def test_months_of_the_choice_are_none_of_the_test():
    tuned = [pd.Interval(*map(pd.Timestamp, month), closed="left") for month in tune.MONTHS.values()]
    tested = [pd.Interval(*map(pd.Timestamp, split[1:]), closed="left") for split in compare.SPLITS.values()]
    assert not any(choice.overlaps(test) for choice in tuned for test in tested)
