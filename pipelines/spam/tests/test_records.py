"""The code has what the record chose, and the record is what the command measures."""

import pytest

from models import study, tuning
from models.text import near_copies
from pipelines.spam import generative, rivals, scores, tune


def test_constants_are_those_of_the_record():
    record, tried = study.read(tune.FOLDER / "tune.json"), tune.FAMILIES
    assert len(record) == 2 * sum(len(tried.trials(family)) for family in tried)
    assert tried.best(record, "machine") == {"strength": scores.STRENGTH, "ratio": scores.RATIO}
    assert tried.best(record, "bayes") == {"kind": scores.KIND, "smoothing": scores.SMOOTHING}
    assert tried.best(record, "generative") == {"order": generative.ORDER}
    assert tried.best(record, "MiniLM beside it") == {"strength": scores.STRENGTH, "stretch": scores.STRETCH}
    assert tried.best(record, "boosted") == {"leaves": rivals.LEAVES, "rounds": rivals.ROUNDS}


def test_record_is_what_the_command_measures(parts):
    rows = parts[0]["messages"]
    texts, spam = rows["text"].tolist(), rows["spam"].to_numpy().astype(int)
    setting = {"kind": scores.KIND, "smoothing": scores.SMOOTHING}
    counts, groups = scores.Bayes.counts(texts), near_copies.groups(texts)
    made = tune.measured("bayes", setting, counts, spam, groups, seed=0)
    record = (
        study.read(tune.FOLDER / "tune.json")
        .set_index(["family", "setting", "seed"])
        .loc[("bayes", tuning.name(setting), 0)]
    )
    assert made["log_loss"] == pytest.approx(record["log_loss"], abs=1e-6)
