"""The code has what the record chose."""

from models import study
from pipelines.maintenance import boosting, plan, schedule, tune, windows


def test_constants_are_those_of_the_record():
    record = tune.record()
    assert len(record) == tune.SEEDS * len(tune.trials())
    chosen, learner = tune.best(record)
    assert tune.WINDOWS[chosen] == {"lengths": windows.LENGTHS, "slopes": windows.SLOPES}
    assert tune.LEARNERS[learner] == {"leaves": boosting.LEAVES, "rounds": boosting.ROUNDS}


def test_plan_has_the_surprise_of_the_record():
    record = study.read(tune.FOLDER / "schedule.json")
    at = (record["hangar"] == 1) & (record["failure"] == plan.FAILURE) & (record["policy"] == schedule.PLAN)
    assert record.loc[at, "constant"].tolist() == [f"surprise {plan.SURPRISE:g}"]
