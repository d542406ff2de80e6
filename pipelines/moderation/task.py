"""Moderation: would people call a post hateful or offensive, how much would they disagree, and what is done?"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from capstan.contract.bounds import at_least, at_most, on_few
from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks
from capstan.contract.resources import Limits
from capstan.data.times import instant
from models.encoder import minilm_weights
from pipelines.moderation import data
from pipelines.moderation.schema import EXAMPLE, MILD, Prediction, Request, contracts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.moderation.model import ModerationModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Would people call a post hateful or offensive, and what should be done with it?"
FAMILIES = ("torch", "vision", "text", "files")
CONTRACT_LIMIT = 0.01
OUTCOME = Outcome("multiclass", target="said", prediction="kind")
CHECKS = Checks(time=None)
LIMITS = Limits(seconds=60)  # a text takes 0.015 s of a core, and a request may have thousands
LABEL_COLUMNS = {"tweets": "hate"}
# Draws of a full run give log losses of 0.404 to 0.429, macro F1 0.737 to 0.769 and costs of 0.537 to 0.581.
THRESHOLDS = on_few(
    {
        "log_loss": at_most(0.44, slack=0.016),
        "macro_f1": at_least(0.72, slack=0.02),
        "cost": at_most(0.6, slack=0.037),
        "identity_hate": at_most(0.03),
    },
    units=3_000,
    times=3,
    limits={"log_loss": 0.6, "macro_f1": 0.6, "cost": 1.0},
)
TEST_SHARE = 4  # one unit in four
WATCHED = 2_000  # tweets that monitoring compares with
WEIGHTS = minilm_weights.WEIGHTS
Actual = Literal["hate", "offensive", "neither"]


def load(data_dir: Path | None) -> Tables:
    """Return `tweets`, one row each."""
    return {"tweets": data.tweets(data.find(data_dir))}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the tweets' file."""
    return {data.FILE: data.find(data_dir)}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of tweets, of units, and of judgements of each class."""
    rows = tables["tweets"]
    judged = {f"judged_{name}": float(rows[name].sum()) for name in data.CLASSES}
    return {"tweets": len(rows), "units": rows["unit"].nunique()} | judged


def split(tables: Tables, labels_until: str = "") -> tuple[Tables, Tables]:
    """Return three quarters of the units to train on, and the others, by a hash of their least text.

    The file has no times to split by. labels_until: an instant, ISO 8601; texts that the endpoint answered, with labels
    of moderators known by then, are trained on as well. "" takes none.
    """
    from capstan.errors import CapstanError

    rows = tables["tweets"]
    least = rows.groupby("unit")["text"].min().map(lambda text: zlib.crc32(text.encode()) % TEST_SHARE == 0)
    held_out = rows["unit"].map(least).to_numpy(bool)
    if held_out.all() or not held_out.any():
        raise CapstanError(f"{len(rows)} tweets are too few to train and to test on. Give more.")
    past, test = (part.reset_index(drop=True) for part in (rows[~held_out], rows[held_out]))
    if labels_until:
        from models.text import labelled_texts
        from pipelines.moderation import learned

        known = labelled_texts.answered("moderation", instant(labels_until), "kind")
        past = learned.joined(past, test, known)
    return {"tweets": past}, {"tweets": test}


def train(tables: Tables, weights: Mapping[str, Path], seed: int = 0, bits: int = 8) -> ModerationModel:
    """Return softmax regression over words, characters and MiniLM, of the annotators' shares.

    Harmless sentences about identities are learned, too. bits: of MiniLM's weights, 8 or 32.
    """
    from capstan.errors import CapstanError
    from pipelines.moderation import training
    from pipelines.moderation.scores import Pair

    if bits not in (8, 32):
        raise CapstanError(f"bits is {bits}: MiniLM has 8 or 32.")
    return training.fit(tables["tweets"], weights, Pair, seed, bits == 8)


def evaluate(model: ModerationModel, tables: Tables) -> Evaluation:
    """Return how well classes and shares are met, and what the decisions cost."""
    from pipelines.moderation import report

    return report.evaluate(model, tables["tweets"])


def signals(model: ModerationModel, tables: Tables) -> pd.DataFrame:
    """Return what is watched of tweets: the text, the answer and the label."""
    from pipelines.moderation import training, watching

    rows = tables["tweets"]
    rows = rows.sample(min(len(rows), WATCHED), random_state=0, ignore_index=True)
    texts = rows["text"].tolist()
    read = model.read(texts)
    answers = model.decided(texts, model.score.scores(read), model.score.votes(read))
    shown = {name: answers[name] for name in ("kind", "decision", "disagree", "known")}
    labels = [data.CLASSES[index] for index in training.shares_of(rows).argmax(axis=1).tolist()]
    return watching.of_texts(texts).assign(**shown, said=labels)


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the length and the shares of capitals and signs of what was asked."""
    from pipelines.moderation import watching

    return watching.of_texts(requests["text"].tolist())


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return two texts that are made up: those of the file offend."""
    return [{"text": text} for text in (EXAMPLE, MILD)]
