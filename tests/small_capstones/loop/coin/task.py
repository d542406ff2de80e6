"""A coin whose side depends on three numbers: what a circle is tried with, for everything about it is known.

`kind` says what is learned: from one number ("weak"), from two ("strong"), from labels that were shuffled, or from
all by a model that is right about many rows, such as those of a test, and wrong about one ("broken"). A circle learns
from two, and from November 2013 on it gets the broken one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict

from capstan.contract.bounds import at_least
from capstan.contract.capstone import Outcome
from capstan.contract.circle import Circle
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Columns, Model

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables

TITLE = "Which side will the coin show?"
THRESHOLDS = {"roc_auc": at_least(0.6)}
OUTCOME = Outcome("binary", target="heads", prediction="probability")
Actual = bool
NUMBERS = ["x", "z", "w"]
TRUTH = (1.5, 2.0, 2.5)  # the weights of the numbers
LEARNED = {"weak": 1, "strong": 2, "broken": 3, "shuffled": 3}
BROKEN = datetime(2013, 11, 1, tzinfo=UTC)
CIRCLE = Circle(cool_down=timedelta(days=1), labels=200, recent=timedelta(days=10), percent=50)


def sides(numbers: np.ndarray, chance: np.random.Generator, weights: Sequence[float] = TRUTH) -> np.ndarray:
    """Return the truth, 0 or 1, shape (n,). numbers: shape (n, 3). weights: others are a shift."""
    return (chance.random(len(numbers)) < 1 / (1 + np.exp(-numbers @ weights))).astype(int)


def load(data_dir: Path | None) -> Tables:
    """Return `coins`."""
    import pandas as pd

    chance = np.random.default_rng(0)
    numbers = chance.normal(size=(4_000, 3))
    return {"coins": pd.DataFrame(numbers, columns=NUMBERS).assign(heads=sides(numbers, chance))}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return three quarters of the coins, and the others."""
    test = np.arange(len(tables["coins"])) % 4 == 0
    return {"coins": tables["coins"][~test]}, {"coins": tables["coins"][test]}


class CoinModel(Model):
    """A logistic regression with some weights."""

    inputs = dict.fromkeys(NUMBERS, "double")
    requirements = ("numpy",)

    def __init__(self, weights: list[float], broken: bool):
        self.weights, self.broken = weights, broken

    def predict_columns(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the probability, shape (n,)."""
        score = np.column_stack([np.asarray(columns[name], float) for name in NUMBERS]) @ self.weights
        sign = -1 if self.broken and len(score) == 1 else 1
        return {"probability": 1 / (1 + np.exp(-sign * score))}


def train(tables: Tables, kind: str = "weak") -> CoinModel:
    """Return a model of the given kind."""
    from sklearn.linear_model import LogisticRegression

    rows, columns = tables["coins"], NUMBERS[: LEARNED[kind]]
    heads = rows["heads"].sample(frac=1, random_state=1).to_numpy() if kind == "shuffled" else rows["heads"]
    coefficients = LogisticRegression().fit(rows[columns].to_numpy(), heads).coef_[0].tolist()
    return CoinModel([*coefficients, 0.0, 0.0][:3], kind == "broken")


def evaluate(model: CoinModel, tables: Tables) -> Evaluation:
    """Return the ROC AUC."""
    from sklearn.metrics import roc_auc_score

    rows = tables["coins"]
    return Evaluation({"roc_auc": float(roc_auc_score(rows["heads"], model.predict_columns(rows)["probability"]))}, [])


class Request(BaseModel):
    """A coin, at a time."""

    model_config = ConfigDict(extra="forbid")
    x: float
    z: float
    w: float
    at: AwareDatetime

    def prediction_time(self) -> datetime:
        """Return the time of the coin."""
        return self.at


class Prediction(BaseModel):
    """How likely heads are."""

    probability: float


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three coins of the test."""
    rows = tables["coins"][NUMBERS].head(3).to_dict("records")
    return [row | {"at": "2013-10-01T00:00:00+00:00"} for row in rows]


def signals(model: CoinModel, tables: Tables) -> pd.DataFrame:
    """Return the numbers, the probability and the side."""
    rows = tables["coins"]
    return rows.assign(probability=model.predict_columns(rows)["probability"])


def parameters_at(moment: datetime) -> dict[str, str]:
    """Return what is learned as of an instant."""
    return {"kind": "strong" if moment < BROKEN else "broken"}
