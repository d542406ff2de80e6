"""The code has what the record chose."""

import pandas as pd

from capstan.study import find
from capstan.study.record import FILE, Record
from pipelines.maintenance import boosting, plan, windows
from pipelines.maintenance.studies.schedule import study as schedule
from pipelines.maintenance.studies.tune import study as tune


def record(question: str) -> pd.DataFrame:
    """Return the lines of a record."""
    return Record.of(find.folder("maintenance", question) / FILE).frame()


def test_constants_are_those_of_the_record():
    lines = record("tune")
    assert len(lines) == tune.STUDY.seeds * len(tune.trials())
    chosen, learner = tune.best(lines)
    assert tune.WINDOWS[chosen] == {"lengths": windows.LENGTHS, "slopes": windows.SLOPES}
    assert tune.LEARNERS[learner] == {"leaves": boosting.LEAVES, "rounds": boosting.ROUNDS}


def test_plan_has_the_surprise_of_the_record():
    lines = record("schedule")
    mask = (lines["hangar"] == 1) & (lines["failure"] == plan.FAILURE) & (lines["policy"] == schedule.PLAN)
    assert lines.loc[mask, "constant"].tolist() == [f"surprise {plan.SURPRISE:g}"]
