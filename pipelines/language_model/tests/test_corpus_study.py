"""The study of a corpus, on a small part of it."""

import numpy as np
import pytest

from data_sets import newsgroups
from models.study import Study
from pipelines.language_model import corpus_study
from pipelines.language_model.ladder import rungs
from tests.support.data import DATA_DIR

pytestmark = [pytest.mark.rotating, pytest.mark.skipif(DATA_DIR is None, reason="the messages are not here")]


def test_each_part_is_measured_once(monkeypatch, tmp_path):
    """Fewer bytes, and steps so few that the test is fast."""
    for name, value in {"BYTES": 100_000, "TEST": 5_000, "WINDOWS": (128,), "COPIED": 0.1, "SHARD": 100_000}.items():
        monkeypatch.setattr(corpus_study, name, value)
    monkeypatch.setattr(rungs, "TIMED", 2)
    monkeypatch.setattr(corpus_study, "STEPS", 2)
    learned, later = newsgroups.texts(DATA_DIR)
    stages = corpus_study.Stages(learned[:400] + learned[:5], later[:30])
    study = Study(tmp_path / "corpus_study.json", corpus_study.KEYS)
    corpus_study.measure(study, stages, 1, 1e-4)
    lines = study.table().set_index(["part", "case"]).sort_index()

    documents = lines.loc["documents", "documents"]
    assert documents["raw"] == 405 >= documents["cleaned"] >= documents["deduplicated"] + 5
    assert documents["filtered"] < documents["deduplicated"]
    near = lines[lines["what"] == "near"].loc["duplicates"]
    assert near.loc["messages", "found"] >= 5 and near.loc["copied", "recall"] > 0.7
    assert (near["precision"] > 0.8).all()
    packed = lines.loc["packing"]
    assert packed.loc["concatenated", "padding"] == 0 < packed.loc["best fit", "padding"]
    assert packed.loc["best fit", "padding"] < packed.loc["padded", "padding"]
    assert packed.loc["concatenated", "lost"] < 128
    assert (lines.loc["shards", "windows"] > 0).all()
    bits = lines.loc["learned"].set_index("what", append=True)["bits"]
    counted = bits.xs("6-grams", level="what")
    assert set(counted.index) == set(stages.all) and bits.between(1, np.log2(256)).all()
    assert counted["copied, deduplicated"] < counted["copied"]

    before = study.file.read_text()
    corpus_study.measure(Study(study.file, corpus_study.KEYS), stages, 1, 1e-4)
    assert study.file.read_text() == before
    assert corpus_study.tables(study.table()).count("\n\n") == 5
