"""Spam: is a short message one that nobody wants?"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.bounds import at_least, at_most
from capstan.capstone import Outcome
from capstan.checks import Checks
from pipelines.spam import data
from pipelines.spam.schema import EXAMPLE, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.capstone import Tables
    from capstan.evaluation import Evaluation
    from pipelines.spam.model import SpamModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Is this message spam, and how much ham would be lost?"
CONTRACT_LIMIT = 0.01
OUTCOME = Outcome("binary", target="spam", prediction="probability")
CHECKS = Checks(time=None)
# Below what five divisions of the messages to train on have: `compare.json`, part "division". What must be better than
# naive Bayes is the log loss: it judges the probability, from which the decision follows.
THRESHOLDS = {
    "log_loss": at_most(0.06, slack=0.01),
    "f1": at_least(0.92, slack=0.02),
    "cost": at_most(0.08, slack=0.02),
    "ham_lost": at_most(0.006),
}
TEST_SHARE = 4  # one group of messages in four
Actual = bool  # spam, or not


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


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return three quarters of the distinct messages to train on, and the others, by a hash.

    The file has no times to split by. Near copies are all on one side: see `models/near_copies.py`.
    """
    import numpy as np

    from models import near_copies, splits

    rows = tables["messages"].drop_duplicates("text", ignore_index=True)
    texts, groups = rows["text"].tolist(), near_copies.groups(rows["text"].tolist())
    first: dict[int, str] = {}  # the least of the texts of each group: the order of the rows has no part in it
    for text, group in zip(texts, groups.tolist(), strict=True):
        first[group] = min(first.get(group, text), text)
    at = np.array([zlib.crc32(first[group].encode()) % TEST_SHARE == 0 for group in groups.tolist()])
    past, test = (part.sort_values("number", ignore_index=True) for part in (rows[~at], rows[at]))
    splits.require_classes(past, "spam", "training")
    splits.require_classes(test, "spam", "test")
    return {"messages": past}, {"messages": test}


def train(tables: Tables, seed: int = 0) -> SpamModel:
    """Return a calibrated support vector machine over words and characters."""
    from pipelines.spam import training
    from pipelines.spam.scores import Machine

    return training.fit(tables["messages"], Machine, seed)


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


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return a message made up of both, and one of each kind."""
    rows = tables["messages"]
    both = (rows.loc[rows["spam"] == kind, "text"].iloc[0] for kind in (1, 0))
    return [{"text": text} for text in (EXAMPLE, *both)]
