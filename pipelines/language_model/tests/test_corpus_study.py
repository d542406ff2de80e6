"""The study of a corpus, on a small part of it."""

import numpy as np
import pandas as pd
import pytest

from data_sets import newsgroups
from pipelines.language_model.studies.corpus import study as corpus
from tests.support.data import DATA_DIR

pytestmark = [pytest.mark.rotating, pytest.mark.skipif(DATA_DIR is None, reason="the messages are not here")]


def test_each_part_is_measured(monkeypatch):
    """Fewer bytes, so that the test is fast."""
    for name, value in {"BYTES": 100_000, "TEST": 5_000, "WINDOWS": (128,), "COPIED": 0.1, "SHARD": 100_000}.items():
        monkeypatch.setattr(corpus, name, value)
    learned, later = newsgroups.texts(DATA_DIR)
    stages = corpus.Stages(learned[:400] + learned[:5], later[:30])
    documents = pd.DataFrame(corpus.of_documents(stages)).set_index("case")["documents"]
    assert documents["raw"] == 405 >= documents["cleaned"] >= documents["deduplicated"] + 5
    assert documents["filtered"] < documents["deduplicated"] and [*documents.index] == [*corpus.STAGES]
    copies = pd.DataFrame(corpus.of_duplicates(stages))
    near = copies[copies["what"] == "near"].set_index("case")
    assert near.loc["messages", "found"] >= 5 and near.loc["copied", "recall"] > 0.7
    assert (near["precision"] > 0.8).all()
    packed = pd.DataFrame(corpus.of_packing(stages)).set_index("case")
    assert packed.loc["concatenated", "padding"] == 0 < packed.loc["best fit", "padding"]
    assert packed.loc["best fit", "padding"] < packed.loc["padded", "padding"]
    assert packed.loc["concatenated", "lost"] < 128
    assert all(line["windows"] > 0 for line in corpus.of_shards(stages))
    bits = {stage: corpus.predicted(stages, stage, 0)["bits"] for stage in corpus.STAGES}
    assert all(1 < value < np.log2(256) for value in bits.values())
    assert bits["copied, deduplicated"] < bits["copied"]
