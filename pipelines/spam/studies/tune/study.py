"""Which settings of each score have the least log loss?

The log loss after calibration and F1, in five folds of the messages to train on; near copies are in one fold. The code
has the simplest setting of each family that is close to the least log loss. The messages that test the model have no
part in it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study, spread
from capstan.study.choices import Setting
from models.linear import platt
from models.text import near_copies
from pipelines.spam import report, task, training
from pipelines.spam.scores import Bayes, Machine, Meant
from pipelines.spam.studies.tune.generative import Generative
from pipelines.spam.studies.tune.rivals import Boosted

SERVED = "machine with MiniLM"
FAMILIES = Choices({
    "machine": (Machine, {"strength": (0.1, 0.3, 1.0, 3.0, 10.0), "ratio": (False, True)}),
    "bayes": (Bayes, {"kind": ("multinomial", "bernoulli", "complement"), "smoothing": (0.1, 1.0)}),
    "generative": (Generative, {"order": (4, 5, 6, 7)}),
    SERVED: (Meant, {"strength": (1.0, 3.0), "stretch": (0.3, 0.5, 1.0, 1.5)}),
    "boosted": (Boosted, {"leaves": (7, 15, 31), "rounds": (150, 300, 600)}),
}, score="log_loss", lowest=True, close=0.001)  # fmt: skip


def scored(
    family: str, setting: Setting, counts: Any, spam: np.ndarray, groups: np.ndarray, seed: int
) -> dict[str, float]:
    """Return log loss and F1 of messages by a score that was fitted without their fold, and calibrated on them."""
    parts = training.folds(spam, groups, seed)
    margin = training.out_of_fold(lambda seed: FAMILIES.kind(family)(seed, **setting), counts, spam, parts, seed)
    slope, intercept = platt.line(margin, spam)
    odds = slope * margin + intercept
    return {"log_loss": float(report.log_loss(spam, odds).mean()), "f1": float(report.f1(spam, odds > 0).mean())}


@cache
def messages() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the messages to train on: texts, whether each is spam, and groups of near copies."""
    rows = task.split(task.load(settings().data_dir))[0]["messages"]
    texts = rows["text"].tolist()
    return texts, rows["spam"].to_numpy().astype(int), near_copies.groups(texts)


@cache
def counted(family: str) -> Any:
    """Return what a family counts in these messages."""
    return FAMILIES.kind(family).counts(messages()[0])


def measured(family: str, setting: str, seed: int) -> Line:
    """Return log loss and F1 of a setting."""
    return scored(family, FAMILIES.setting(family, setting), counted(family), *messages()[1:], seed)


STUDY = Study(
    measures=[Measure(measured, FAMILIES.cases())],
    tables=[
        FAMILIES.table(
            {
                "log loss": lambda rows: spread(rows["log_loss"], digits=4),
                "F1 of spam": lambda rows: spread(rows["f1"], digits=4),
            }
        )
    ],
    seeds=2,
)
