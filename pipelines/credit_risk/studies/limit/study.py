"""How well can these inputs rank loans at all?

Other families of models, each with the best settings of the study `tune`, their means and their stack; the learning
curve; and what the served score leaves between loans that are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from capstan.contract.delong import roc_auc
from capstan.contract.intervals import difference
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, find, spread
from capstan.study.protocol import Show
from capstan.study.record import FILE, Record
from models.linear.logistic import Logistic
from pipelines.credit_risk import data, task, training
from pipelines.credit_risk.columns import CATEGORIES, LABEL, NUMBERS
from pipelines.credit_risk.studies.limit import ceiling
from pipelines.credit_risk.studies.tune import study as tune

SERVED, SIMPLE = "splines", "logistic regression"
STACK, MEAN, MEAN_OF_ALL = "stack of all", "mean of splines and boosting", "mean of all"
DIVISIONS = 10  # of the learning curve


class Simple:
    """The baseline as a score."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, rows: pd.DataFrame, bad: np.ndarray) -> Simple:
        """Return the regression, fitted on rows."""
        self.line = Logistic(NUMBERS, CATEGORIES).fit(rows, bad)
        return self

    def margin(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the log-odds of a bad loan, shape (n,)."""
        return np.asarray(self.line.matrix(rows) @ self.line.weights + self.line.intercept)


@cache
def families() -> dict[str, tuple[Any, dict[str, Any]]]:
    """Return each family, with its best settings on the loans to train on."""
    record, tried = Record.of(find.folder("credit_risk", "tune") / FILE).frame(), tune.FAMILIES
    return {SIMPLE: (Simple, {})} | {name: (tried.kind(name), tried.best(record, name)) for name in tried}


def score(name: str, seed: int) -> Callable[[], Any]:
    """Return what makes a new score of a family."""
    kind, setting = families()[name]
    return lambda: kind(seed, **setting)


def margins(
    past: pd.DataFrame, later: pd.DataFrame, seed: int, names: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Return the log-odds of later loans by every family, by means, and by a stack fitted out of fold, shapes (n,).

    names: of the families, the served one and boosting among them; by default all.
    """
    from sklearn.linear_model import LogisticRegression

    bad, known, predicted = past[LABEL].to_numpy(), {}, {}
    for name in names or families():
        fresh = score(name, seed)
        known[name] = np.empty(len(past))
        for train, held in training.folds(bad, seed):
            known[name][held] = fresh().fit(past.iloc[train], bad[train]).margin(past.iloc[held])
        predicted[name] = fresh().fit(past, bad).margin(later)
    columns = [np.column_stack(list(each.values())) for each in (known, predicted)]
    stack = LogisticRegression().fit(columns[0], bad).decision_function(columns[1])
    means = {MEAN: (predicted[SERVED] + predicted["boosting"]) / 2, MEAN_OF_ALL: columns[1].mean(axis=1)}
    return predicted | means | {STACK: stack}


def compare(bad: np.ndarray, by_method: dict[str, np.ndarray]) -> Iterator[Line]:
    """Yield a line per method: ROC AUC with its interval over loans, and the paired difference to the served score."""
    served = roc_auc(bad, by_method[SERVED])
    for name, margin in by_method.items():
        values = roc_auc(bad, margin)
        alone, more = difference(values, np.zeros(len(bad))), difference(values, served)
        yield {
            "method": name,
            "roc_auc": alone.mean,
            "low": alone.low,
            "high": alone.high,
            "more": more.mean,
            "more_low": more.low,
            "more_high": more.high,
        }


def out_of_fold(rows: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Return the log-odds of each loan by every method, fitted and stacked without the loan's fold."""
    bad = rows[LABEL].to_numpy()
    parts = [(held, margins(rows.iloc[past], rows.iloc[held], seed)) for past, held in training.folds(bad, seed)]
    by_method = {name: np.empty(len(rows)) for name in parts[0][1]}
    for held, each in parts:
        for name, values in each.items():
            by_method[name][held] = values
    return by_method


@cache
def loans() -> pd.DataFrame:
    """Return all loans."""
    return data.loans(settings().data_dir)


def curve(seed: int) -> Iterator[Line]:
    """Yield the lines of a learning curve."""
    yield from ceiling.curve(loans(), {name: score(name, seed) for name in (SERVED, "boosting")}, seed)


def families_compared(seed: int) -> Iterator[Line]:
    """Yield the lines of every method on the loans to test on, and over all loans, and what is left."""
    rows = loans()
    past, test = (part["loans"] for part in task.split({"loans": rows}))
    tested = compare(test[LABEL].to_numpy(), margins(past, test, seed))
    yield from ({"part": "loans to test on"} | line for line in tested)
    by_method = out_of_fold(rows, seed)
    yield from ({"part": "all loans"} | line for line in compare(rows[LABEL].to_numpy(), by_method))
    left = ceiling.left(rows, {name: by_method[name] for name in (SERVED, SIMPLE)}, seed)
    yield from ({"part": "ceiling"} | line for line in left)


def interval(name: str, low: str, high: str) -> Show:
    """Return what shows a value with its interval, as means over the seeds."""
    return lambda rows: "{:.4f} ({:.4f} to {:.4f})".format(*(rows[column].mean() for column in (name, low, high)))


def at_size(size: int) -> Show:
    """Return what shows ROC AUC after so many loans."""
    return lambda rows: spread(rows.loc[rows["loans"] == size, "roc_auc"])


COMPARED = {
    "ROC AUC": interval("roc_auc", "low", "high"),
    "more than the served score": interval("more", "more_low", "more_high"),
}
CURVE: dict[str, Show] = {f"{size:,}": at_size(size) for size in ceiling.SIZES} | {
    "endless": lambda rows: "{:.4f} ({:.4f} to {:.4f})".format(*ceiling.endless(rows))
}
LEFT: dict[str, Show] = {
    "ROC AUC": lambda rows: f"{rows['roc_auc'].mean():.4f}",
    "if its probabilities were true": interval("implied", "implied_low", "implied_high"),
    "likeness of neighbours' errors": interval("alike", "alike_low", "alike_high"),
}

STUDY = Study(
    measures=[Measure(curve, seeds=DIVISIONS), Measure(families_compared)],
    tables=[
        Table({"over all loans": "method"}, COMPARED, "all loans"),
        Table({"on the loans to test on": "method"}, COMPARED, "loans to test on"),
        Table({"loans to learn from": "method"}, CURVE, "curve"),
        Table({"what is left by": "method"}, LEFT, "ceiling"),
    ],
)
