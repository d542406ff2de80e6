"""How well does each method rank the customers, and what do its calls earn?

Five times five folds over all customers; the customers to test on; other ways to choose the calls; other shares of
those who take the offer; and the spread that the limits of the gate come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit

from capstan.contract.delong import roc_auc
from capstan.contract.intervals import difference
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged, spread
from capstan.study.protocol import Show
from pipelines.churn import costs, report, task, training
from pipelines.churn.columns import LABEL
from pipelines.churn.studies.compare import methods
from pipelines.churn.studies.compare.methods import SERVED, SIMPLE

ACCEPT = (0.1, 0.2, 0.3, 0.4)
DIVISIONS = 6
SCORES = ("roc_auc", "log_loss", "brier", "profit")


def values(rows: pd.DataFrame, margin: np.ndarray) -> dict[str, np.ndarray]:
    """Return each measure as a value per customer, whose mean it is, shapes (n,). margin: calibrated log-odds."""
    churned, monthly, chance = rows[LABEL].to_numpy(), rows["monthly"].to_numpy(), expit(margin)
    called = costs.profit(chance, monthly) > 0
    return {
        "roc_auc": roc_auc(churned, margin),
        "log_loss": report.log_loss(churned, margin),
        "brier": (chance - churned) ** 2,
        "profit": called * costs.profit(churned, monthly),
    }


def out_of_fold(rows: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Return the log-odds of each customer by every method, fitted and calibrated without the customer's fold."""
    made: dict[str, np.ndarray] = {}
    for past, held in training.folds(rows, rows[LABEL].to_numpy(), seed):
        for name, margin in methods.margins(rows.iloc[past], rows.iloc[held], seed).items():
            made.setdefault(name, np.empty(len(rows)))[held] = margin
    return made


def lines(rows: pd.DataFrame, by_method: Mapping[str, np.ndarray]) -> Iterator[Line]:
    """Yield a line per method: each measure with its interval over customers, and less that of the baseline."""
    simple = values(rows, by_method[SIMPLE])
    for method, margin in by_method.items():
        own = values(rows, margin)
        line: Line = {"method": method}
        for name in SCORES:
            for title, other in ((name, np.zeros(len(rows))), (f"{name}_more", simple[name])):
                line |= dict(zip((title, f"{title}_low", f"{title}_high"), difference(own[name], other), strict=True))
        yield line


def whom_else(rows: pd.DataFrame, margin: np.ndarray) -> Iterator[Line]:
    """Yield a line per way to choose the calls: its profit per customer, and how much more the served one has."""
    churned, monthly, chance = rows[LABEL].to_numpy(), rows["monthly"].to_numpy(), expit(margin)
    earned, called = costs.profit(churned, monthly), costs.profit(chance, monthly) > 0
    flat = costs.profit(chance, np.full(len(rows), monthly.mean())) > 0
    ways = {
        "nobody": np.zeros(len(rows)),
        "everybody": np.ones(len(rows)),
        "as many at random": np.full(len(rows), called.mean()),
        "contracts from month to month": (rows["contract"] == "month-to-month").to_numpy(),
        "served, but every bill taken as the mean": flat,
        "served": called,
    }
    for way, calls in ways.items():
        mean, more = difference(calls * earned, np.zeros(len(rows))), difference(called * earned, calls * earned)
        line: Line = {"method": way, "called": float(np.mean(calls))}
        line |= dict(zip(("profit", "profit_low", "profit_high"), mean, strict=True))
        yield line | dict(zip(("more", "more_low", "more_high"), more, strict=True))


def other_shares(rows: pd.DataFrame, margin: np.ndarray) -> Iterator[Line]:
    """Yield a line per share of those who take the offer: the profit if it is known, and if 0.3 is believed."""
    churned, monthly, chance = rows[LABEL].to_numpy(), rows["monthly"].to_numpy(), expit(margin)
    for accept in ACCEPT:
        earned = costs.profit(churned, monthly, accept)
        believed, known = (costs.profit(chance, monthly, share) > 0 for share in (costs.ACCEPT, accept))
        line: Line = {"method": f"{accept:g}", "called": float(known.mean()), "all": float(earned.mean())}
        yield line | {"profit": float((known * earned).mean()), "believed": float((believed * earned).mean())}


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
    made = out_of_fold(rows, seed)
    yield from lines(rows, made)
    yield from ({"part": "ways"} | line for line in whom_else(rows, made[SERVED]))
    yield from ({"part": "accept"} | line for line in other_shares(rows, made[SERVED]))


def test(seed: int) -> Iterator[Line]:
    """Yield a line per method of the customers to test on. Another seed only divides the calibration differently."""
    past, later = parts()
    yield from lines(later, methods.margins(past, later, seed))


def division(seed: int) -> Line:
    """Return the metrics of the gate for a random third of the customers to train on."""
    past, _ = parts()
    at = np.random.default_rng(seed).permutation(len(past)) % task.TEST_SHARE == 0
    model = task.train({"customers": past[~at]}, seed=seed)
    return dict(task.evaluate(model, {"customers": past[at]}).metrics)


def percent(name: str) -> Show:
    """Return what shows a mean share, in percent."""
    return lambda rows: f"{100 * rows[name].mean():.0f} %"


def dollars(name: str) -> Show:
    """Return what shows a mean amount."""
    return lambda rows: f"{rows[name].mean():.2f}"


def seen(name: str) -> Show:
    """Return what shows a metric of the gate."""
    return lambda rows: spread(rows[name])


COMPARED = {
    "ROC AUC": ranged("roc_auc"),
    "more than the baseline": ranged("roc_auc_more"),
    "log loss, more than the baseline": ranged("log_loss_more"),
    "profit per customer": ranged("profit", 2),
}
WAYS = {"called": percent("called"), "profit per customer": ranged("profit", 2), "served has more": ranged("more", 2)}
SHARES = {
    "called": percent("called"),
    "profit": dollars("profit"),
    "if 0.3 is believed": dollars("believed"),
    "calling everybody": dollars("all"),
}

STUDY = Study(
    measures=[Measure(folds), Measure(test, seeds=1), Measure(division, seeds=DIVISIONS)],
    tables=[
        Table({"five times five folds, all customers": "method"}, COMPARED, "folds"),
        Table({"the customers to test on": "method"}, COMPARED, "test"),
        Table({"who is called": "method"}, WAYS, "ways"),
        Table({"share who take the offer": "method"}, SHARES, "accept"),
        Table(
            {"six divisions of the customers to train on": "part"},
            {name: seen(name) for name in task.THRESHOLDS},
            "division",
        ),
    ],
)
