"""Sentiment: how pleasant would people find a text, and which words make it so?"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most, on_few
from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks
from capstan.contract.resources import Limits
from models.encoder import minilm_weights
from pipelines.sentiment import data
from pipelines.sentiment.schema import EXAMPLE, Prediction, Request, contracts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.sentiment.model import SentimentModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "How pleasant would people find a text, and which words make it so?"
FAMILIES = ("torch", "text")
CONTRACT_LIMIT = 0.01
OUTCOME = Outcome("regression", target="rated", prediction="valence")
CHECKS = Checks(time=None)
LIMITS = Limits(seconds=60)  # a line takes 0.015 s of a core, and a request may have thousands
LABEL_COLUMNS = {"snippets": "valence"}
# Draws of the units of a full run give r 0.763 to 0.790 and errors of 0.759 to 0.799.
THRESHOLDS = on_few(
    {
        "r": at_least(0.74, slack=0.007),
        "mae": at_most(0.83, slack=0.012),
        "coverage": at_least(0.87),
        "coverage_unstated": at_least(0.87),
    },
    units=1_000,
    times=8,
    limits={"r": 0.5, "mae": 1.1, "coverage": 0.8, "coverage_unstated": 0.8},
)
TEST_SHARE = 4  # one unit in four
WATCHED = 2_000  # snippets that monitoring compares with
WEIGHTS = minilm_weights.WEIGHTS | {"lexicon": data.LEXICON}
Actual = float  # what people said, -4 to 4


def load(data_dir: Path | None) -> Tables:
    """Return `snippets`, one row each."""
    return {"snippets": data.snippets(data.find(data_dir))}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the snippets' file."""
    path = data.find(data_dir)
    return {path.name: path}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of snippets, and of each source."""
    rows = tables["snippets"]
    return {"snippets": len(rows)} | {name: float((rows["source"] == name).sum()) for name in data.SOURCES}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return three quarters of the units to train on, and the others, by a hash of their least text.

    The file has no times to split by.
    """
    from capstan.errors import CapstanError

    rows = tables["snippets"]
    least = rows.groupby("unit")["text"].min().map(lambda text: zlib.crc32(text.encode()) % TEST_SHARE == 0)
    held_out = rows["unit"].map(least).to_numpy(bool)
    if held_out.all() or not held_out.any():
        raise CapstanError(f"{len(rows)} snippets are too few to train and to test on. Give more.")
    past, test = (part.reset_index(drop=True) for part in (rows[~held_out], rows[held_out]))
    return {"snippets": past}, {"snippets": test}


def train(tables: Tables, weights: Mapping[str, Path], seed: int = 0) -> SentimentModel:
    """Return ridge regression over words, rules, a lexicon and MiniLM, with intervals from residuals."""
    from pipelines.sentiment import training
    from pipelines.sentiment.scores import Score

    return training.fit(tables["snippets"], weights, Score, seed)


def evaluate(model: SentimentModel, tables: Tables) -> Evaluation:
    """Return how well the valence is met in each source, and whether the intervals hold."""
    from pipelines.sentiment import report

    return report.evaluate(model, tables["snippets"])


def signals(model: SentimentModel, tables: Tables) -> pd.DataFrame:
    """Return what is watched of snippets: the text, the answer and the label.

    They come at random: the file has them by source, and each part of the reference should have some of all.
    """
    from pipelines.sentiment import watching

    rows = tables["snippets"]
    rows = rows.sample(min(len(rows), WATCHED), random_state=0, ignore_index=True)
    texts, sources = rows["text"].tolist(), rows["source"].tolist()
    answers = model.valued(model.read(texts, sources), sources)
    shown = {name: answers[name] for name in ("source", "valence", "positive")}
    return watching.of_texts(texts).assign(**shown, rated=rows["valence"])


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the length and the shares of capitals and signs of what was asked."""
    from pipelines.sentiment import watching

    return watching.of_texts(requests["text"].tolist())


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return a list that is made up, and two snippets."""
    rows = tables["snippets"]
    found = [{"text": rows["text"].iloc[place], "source": rows["source"].iloc[place]} for place in (0, -1)]
    return [{"text": EXAMPLE, "source": None}, *found]
