"""Spam: is a short message one that nobody wants?"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most
from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks
from capstan.contract.circle import Circle
from capstan.contract.resources import Limits
from capstan.data.times import instant
from data_sets import sms as data
from models.encoder import minilm_weights
from pipelines.spam.schema import EXAMPLE, Prediction, Request, contracts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.spam.model import SpamModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Is this message spam, and how much ham would be lost?"
FAMILIES = ("torch", "vision", "text")
CONTRACT_LIMIT = 0.01
OUTCOME = Outcome("binary", target="spam", prediction="probability")
CHECKS = Checks(time=None)
LIMITS = Limits(seconds=60)  # a request may have thousands of messages, and MiniLM reads each
# Below what five divisions of the messages to train on have: study `compare`, part "division". What must be better than
# naive Bayes is the log loss: it judges the probability, from which the decision follows.
THRESHOLDS = {
    "log_loss": at_most(0.045, slack=0.01),
    "f1": at_least(0.945, slack=0.02),
    "cost": at_most(0.05, slack=0.02),
    "ham_lost": at_most(0.004),
    # Messages of today, written by the project's authors: everyday ones put aside, and scams shown without a remark.
    "today_lost": at_most(1 / 26),
    "today_scams_shown": at_most(0.4),
    "flagged": at_most(0.06),  # of the file's messages
}
SMALLEST = 1e-12  # of a probability: beyond it, the loss of an answer would be infinite
TEST_SHARE = 4  # one group of messages in four
WEIGHTS = minilm_weights.WEIGHTS
Actual = bool  # spam, or not
# A campaign lasts days, not months: it is learned as soon as labels are there, and tried on every message. A campaign
# that is shown may rank above all ham, so versions are compared by `losses`, not by ROC AUC.
CIRCLE = Circle(
    alarms=("performance", "drift"),
    cool_down=timedelta(days=2),
    labels=100,
    recent=timedelta(days=14),
    difference=0.01,
    trial="shadow",
    harm=0.01,
)


def load(data_dir: Path | None) -> Tables:
    """Return `messages`, one row each."""
    return {"messages": data.messages(data.find(data_dir))}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the messages' file."""
    path = data.find(data_dir)
    return {path.name: path}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of messages, of distinct ones, and of spam."""
    rows = tables["messages"]
    return {"messages": len(rows), "distinct": rows["text"].nunique(), "spam": float(rows["spam"].sum())}


def split(tables: Tables, labels_until: str = "") -> tuple[Tables, Tables]:
    """Return three quarters of the distinct messages to train on, and the others, by a hash.

    The file has no times to split by. Near copies are all on one side: see `models/text/near_copies.py`.
    labels_until: an instant, ISO 8601; messages that the endpoint answered, with labels known by then, are trained on
    as well. "" takes none.
    """
    import numpy as np

    from models.metrics import splits
    from models.text import near_copies

    rows = tables["messages"].drop_duplicates("text", ignore_index=True)
    texts, groups = rows["text"].tolist(), near_copies.groups(rows["text"].tolist())
    first: dict[int, str] = {}  # the least of the texts of each group: the order of the rows has no part in it
    for text, group in zip(texts, groups.tolist(), strict=True):
        first[group] = min(first.get(group, text), text)
    held_out = np.array([zlib.crc32(first[group].encode()) % TEST_SHARE == 0 for group in groups.tolist()])
    past, test = (part.sort_values("number", ignore_index=True) for part in (rows[~held_out], rows[held_out]))
    if labels_until:
        from pipelines.spam import learned

        past = learned.joined(past, test, learned.messages(instant(labels_until)))
    splits.require_classes(past, "spam", "training")
    splits.require_classes(test, "spam", "test")
    return {"messages": past}, {"messages": test}


def train(tables: Tables, weights: Mapping[str, Path], seed: int = 0) -> SpamModel:
    """Return a calibrated support vector machine over words, characters and MiniLM's vector."""
    from pipelines.spam import training

    return training.fit(tables["messages"], weights, seed)


def evaluate(model: SpamModel, tables: Tables) -> Evaluation:
    """Return how well spam is found, how good the probabilities are, and what the decisions cost."""
    from pipelines.spam import report

    return report.evaluate(model, tables["messages"])


def signals(model: SpamModel, tables: Tables) -> pd.DataFrame:
    """Return what is watched of each message, the probability, the decision and the label."""
    from pipelines.spam import watching

    rows = tables["messages"]
    answers = model.decided(rows["text"].tolist())
    shown = {name: answers[name] for name in ("probability", "decision", "known")}
    return watching.of_texts(rows["text"].tolist()).assign(**shown, spam=rows["spam"].astype(int).to_numpy())


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the length and the shares of digits and capitals of what was asked."""
    from pipelines.spam import watching

    return watching.of_texts(requests["text"].tolist())


def losses(predictions: list[dict[str, Any]], labels: list[bool]) -> np.ndarray:
    """Return the log loss of each answer, shape (n,): the decision follows from the probability."""
    import numpy as np
    from scipy.special import logit

    from pipelines.spam import report

    probability = np.clip([answer["probability"] for answer in predictions], SMALLEST, 1 - SMALLEST)
    return report.log_loss(np.array(labels, int), logit(probability))


def parameters_at(moment: datetime) -> dict[str, str]:
    """Return the parameters of a run that learns from what users had labelled at an instant."""
    return {"labels_until": moment.isoformat()}


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return a message made up of both, and one of each kind."""
    rows = tables["messages"]
    both = (rows.loc[rows["spam"] == kind, "text"].iloc[0] for kind in (1, 0))
    return [{"text": text} for text in (EXAMPLE, *both)]
