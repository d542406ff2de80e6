"""The code has what the record chose, and the record is what the study measures."""

import pandas as pd
import pytest

from capstan.study import choices
from capstan.study.find import folder
from capstan.study.record import FILE, Record
from models.text import near_copies
from pipelines.spam import scores
from pipelines.spam.studies.tune import generative, rivals
from pipelines.spam.studies.tune import study as tune


def record() -> pd.DataFrame:
    return Record.of(folder("spam", "tune") / FILE).frame()


def test_constants_are_those_of_the_record():
    best = {family: tune.FAMILIES.best(record(), family) for family in tune.FAMILIES}
    assert best["machine"] == {"strength": scores.STRENGTH, "ratio": scores.RATIO}
    assert best["bayes"] == {"kind": scores.KIND, "smoothing": scores.SMOOTHING}
    assert best["generative"] == {"order": generative.ORDER}
    assert best[tune.SERVED] == {"strength": scores.STRENGTH, "stretch": scores.STRETCH}
    assert best["boosted"] == {"leaves": rivals.LEAVES, "rounds": rivals.ROUNDS}


def test_record_is_what_the_study_measures(parts):
    rows = parts[0]["messages"]
    texts, spam = rows["text"].tolist(), rows["spam"].to_numpy().astype(int)
    setting = {"kind": scores.KIND, "smoothing": scores.SMOOTHING}
    counts, groups = scores.Bayes.counts(texts), near_copies.groups(texts)
    measured = tune.scored("bayes", setting, counts, spam, groups, seed=0)
    known = record().set_index(["family", "setting", "seed"]).loc[("bayes", choices.name(setting), 0)]
    assert measured["log_loss"] == pytest.approx(known["log_loss"], abs=1e-6)
