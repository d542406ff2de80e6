"""The code has what the record chose."""

from pipelines.maintenance import boosting, tune, windows


def test_constants_are_those_of_the_record():
    record = tune.record()
    assert len(record) == tune.SEEDS * len(tune.trials())
    chosen, learner = tune.best(record)
    assert tune.WINDOWS[chosen] == {"lengths": windows.LENGTHS, "slopes": windows.SLOPES}
    assert tune.LEARNERS[learner] == {"leaves": boosting.LEAVES, "rounds": boosting.ROUNDS}
