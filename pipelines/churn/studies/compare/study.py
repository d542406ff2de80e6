"""How well does each method rank the customers, and what do its calls earn?

Five times five folds over all customers; the customers to test on; other ways to choose the calls; and the spread that
the limits of the gate come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from capstan.contract.delong import roc_auc
from capstan.contract.intervals import difference
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged, spread
from capstan.study.protocol import Show
from pipelines.churn import costs, profits, report, task, training
from pipelines.churn.columns import LABEL
from pipelines.churn.lives import Stays
from pipelines.churn.studies.compare import methods
from pipelines.churn.studies.compare.methods import RIVAL, SERVED

DIVISIONS = 6
SCORES = ("roc_auc", "log_loss", "brier", "profit")


class Judged(NamedTuple):
    """What a method says of some customers: log-odds of leaving, and what a call is expected to earn, shapes (n,)."""

    margin: np.ndarray
    expected: np.ndarray


def judged(rows: pd.DataFrame, margin: np.ndarray, stays: Stays) -> Judged:
    """Return what follows from the log-odds, with the curve of customers who were learned from."""
    chance = expit(margin)
    value = costs.value(rows["monthly"].to_numpy(), stays.months(rows, chance))
    return Judged(margin, costs.profit(chance, value))


def values(rows: pd.DataFrame, made: Judged, earned: np.ndarray) -> dict[str, np.ndarray]:
    """Return each measure as a value per customer, whose mean it is, shapes (n,). earned: by a call."""
    churned = rows[LABEL].to_numpy()
    return {
        "roc_auc": roc_auc(churned, made.margin),
        "log_loss": report.log_loss(churned, made.margin),
        "brier": (expit(made.margin) - churned) ** 2,
        "profit": (made.expected > 0) * earned,
    }


def out_of_fold(rows: pd.DataFrame, seed: int) -> dict[str, Judged]:
    """Return what every method says of each customer, fitted and calibrated without the customer's fold."""
    by_method: dict[str, Judged] = {}
    for past, held in training.folds(rows, rows[LABEL].to_numpy(), seed):
        stays = Stays().fit(rows.iloc[past])
        for name, margin in methods.margins(rows.iloc[past], rows.iloc[held], seed).items():
            whole = by_method.setdefault(name, Judged(np.empty(len(rows)), np.empty(len(rows))))
            for all_rows, part in zip(whole, judged(rows.iloc[held], margin, stays), strict=True):
                all_rows[held] = part
    return by_method


def lines(rows: pd.DataFrame, by_method: Mapping[str, Judged]) -> Iterator[Line]:
    """Yield a line per method: each measure with its interval over customers, and less that of the baseline."""
    earned = profits.earned(rows)
    simple = values(rows, by_method[RIVAL], earned)
    for method, estimates in by_method.items():
        own = values(rows, estimates, earned)
        line: Line = {"method": method, "called": float((estimates.expected > 0).mean())}
        for name in SCORES:
            for title, baseline in ((name, np.zeros(len(rows))), (f"{name}_more", simple[name])):
                line |= dict(
                    zip((title, f"{title}_low", f"{title}_high"), difference(own[name], baseline), strict=True)
                )
        yield line


def whom_else(rows: pd.DataFrame, made: Judged) -> Iterator[Line]:
    """Yield a line per way to choose the calls: its profit per customer, and how much more the served one has."""
    earned, called = profits.earned(rows), made.expected > 0
    highest = rows["monthly"].rank(ascending=False) <= called.sum()
    ways = {
        "nobody": np.zeros(len(rows)),
        "everybody": np.ones(len(rows)),
        "as many at random": np.full(len(rows), called.mean()),
        "as many, the likeliest to leave": rank(made.margin) <= called.sum(),
        "as many, the highest bills": highest.to_numpy(),
        "contracts from month to month": (rows["contract"] == "month-to-month").to_numpy(),
        "as if a customer stayed for twelve bills": costs.profit(
            expit(made.margin), 12 * costs.MARGIN * rows["monthly"].to_numpy()
        )
        > 0,
        "served": called,
    }
    for way, calls in ways.items():
        mean, more = difference(calls * earned, np.zeros(len(rows))), difference(called * earned, calls * earned)
        line: Line = {"method": way, "called": float(np.mean(calls))}
        line |= dict(zip(("profit", "profit_low", "profit_high"), mean, strict=True))
        yield line | dict(zip(("more", "more_low", "more_high"), more, strict=True))


def rank(margin: np.ndarray) -> np.ndarray:
    """Return the place of each customer, from 1 for the likeliest to leave, shape (n,)."""
    return np.argsort(np.argsort(-margin, kind="stable")) + 1


@cache
def customers() -> pd.DataFrame:
    """Return all customers."""
    return task.labelled(settings().data_dir)


def parts() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the customers to train on, and those to test on."""
    past, test = (part["customers"] for part in task.split({"training_set": customers()}))
    return past, test


def folds(seed: int) -> Iterator[Line]:
    """Yield the lines of a division of all customers into folds: of every method, and of the served one."""
    rows = customers()
    by_method = out_of_fold(rows, seed)
    yield from lines(rows, by_method)
    yield from ({"part": "ways"} | line for line in whom_else(rows, by_method[SERVED]))


def test(seed: int) -> Iterator[Line]:
    """Yield a line per method of the customers to test on. Another seed only divides the calibration differently."""
    past, later = parts()
    stays = Stays().fit(past)
    margins = methods.margins(past, later, seed)
    yield from lines(later, {name: judged(later, margin, stays) for name, margin in margins.items()})


def division(seed: int) -> Line:
    """Return the metrics of the gate for a random third of the customers to train on."""
    past, _ = parts()
    held_out = np.random.default_rng(seed).permutation(len(past)) % task.TEST_SHARE == 0
    model = task.train({"customers": past[~held_out]}, seed=seed)
    return dict(task.evaluate(model, {"customers": past[held_out]}).metrics)


def percent(name: str) -> Show:
    """Return what shows a mean share, in percent."""
    return lambda rows: f"{100 * rows[name].mean():.0f} %"


def seen(name: str) -> Show:
    """Return what shows a metric of the gate."""
    return lambda rows: spread(rows[name])


COMPARED = {
    "ROC AUC": ranged("roc_auc"),
    "more than the first": ranged("roc_auc_more"),
    "log loss, more than the first": ranged("log_loss_more"),
    "profit per customer": ranged("profit", 2),
}
WAYS = {"called": percent("called"), "profit per customer": ranged("profit", 2), "served has more": ranged("more", 2)}
STUDY = Study(
    measures=[Measure(folds), Measure(test, seeds=1), Measure(division, seeds=DIVISIONS)],
    tables=[
        Table({"five times five folds, all customers": "method"}, COMPARED, "folds"),
        Table({"the customers to test on": "method"}, COMPARED, "test"),
        Table({"who is called": "method"}, WAYS, "ways"),
        Table(
            {"six divisions of the customers to train on": "part"},
            {name: seen(name) for name in task.THRESHOLDS},
            "division",
        ),
    ],
)
