"""Adapters that have learned newsgroups, and texts in their voices."""

from pathlib import Path

import pandas as pd
import pytest
import torch

from capstan.errors import CapstanError, InvalidRow
from data_sets import plays as data
from data_sets.plays import PLAYS
from models.ladder import learning
from pipelines.language_model import training, voices
from pipelines.language_model.model import LanguageModel
from pipelines.language_model.schema import Request
from tests.support.data import DATA_DIR

pytestmark = [pytest.mark.slow, pytest.mark.skipif(DATA_DIR is None, reason="the messages are not here")]
GROUPS = ["rec.autos", "sci.space", "talk.politics.mideast"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """The first plays, and three newsgroups."""
    lines = data.table(DATA_DIR)
    plays = lines[(lines["newsgroup"] == PLAYS) & (lines["part"] == "train")].head(3_000)
    return pd.concat([plays, lines[lines["newsgroup"].isin(GROUPS)]])


@pytest.fixture(scope="module")
def model(rows) -> LanguageModel:
    torch.set_num_threads(1)
    shape = training.shape(width=32, layers=1, context=64, buckets=2**8)
    return training.train(rows[rows["part"] == "train"], shape, training.Plan(rounds=3), voice_steps=150)


def row(voice: str = "", **more: object) -> dict:
    fields = Request(prompt="the ", max_tokens=30, voice=voice, **more).model_dump()
    return {name: [fields[name]] for name in LanguageModel.inputs}


def test_messages_are_voices_beside_the_plays(rows):
    counts = data.table(DATA_DIR).groupby(["newsgroup", "part"]).size()
    assert len(counts) == 42 and counts["sci.space"].to_dict() == {"test": 50, "train": 200}
    assert b"\nMENENIUS" in data.to_bytes(rows).tobytes() and b"nasa" not in data.to_bytes(rows).tobytes()
    assert b"nasa" in data.of_voice(rows, "sci.space").tobytes()


@pytest.mark.rotating
def test_each_voice_costs_least_with_its_own_adapter(model, rows):
    table = voices.table(model, rows[rows["part"] == "test"]).set_index("voice")
    assert [*table.index] == GROUPS
    assert (table["its own"] < table["no adapter"] - 0.1).all(), table


@pytest.mark.rotating
def test_texts_in_several_voices_are_made_in_one_batch_each_as_alone(model):
    asked = [row(voice, seed=seed) for seed, voice in enumerate(["", *GROUPS])]
    alone = [model.predict_columns(case)["text"][0] for case in asked]
    together = model.predict_columns({name: [case[name][0] for case in asked] for name in LanguageModel.inputs})["text"]
    assert together == alone
    assert len({model.predict_columns(row(voice))["text"][0] for voice in ["", *GROUPS]}) == 4


@pytest.mark.rotating
def test_voice_that_is_not_there_is_refused_with_those_that_are(model):
    with pytest.raises(InvalidRow, match=r"no such voice\. It has: rec\.autos, sci\.space, talk\.politics\.mideast"):
        model.engine().admit(row("sci.alchemy"))


def test_adapters_without_messages_say_what_is_missing(rows):
    decoder = learning.fit(training.shape(width=32, layers=1), torch.zeros(500, dtype=torch.uint8), training.Plan(0))
    with pytest.raises(CapstanError, match=r"newsgroups\.parquet is not here"):
        voices.learned(decoder, rows[rows["newsgroup"] == PLAYS], 1, 0)


def test_messages_that_cannot_be_read_are_an_error_that_says_so(tmp_path: Path):
    (tmp_path / "tinyshakespeare").mkdir()
    (tmp_path / data.FILE).write_text("To be")
    (tmp_path / "newsgroups.parquet").write_text("no parquet")
    with pytest.raises(CapstanError, match="has to be parquet with the columns Text and split and Category"):
        data.table(tmp_path)
