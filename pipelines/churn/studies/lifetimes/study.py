"""When do customers leave, by Kaplan and Meier and by Cox, in both readings of the file?

Curves are of all customers; Cox is fitted on those to train on, and measured on those to test on. Nothing is random
but the division of the customers, which is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from models.survival import kaplan_meier
from models.survival.cox import concordance
from pipelines.churn import lives, task
from pipelines.churn.columns import LABEL

AT = (1, 12, 24, 48)  # months
SHOWN = ["contract one year", "contract two years", "internet fiber optic", "internet no", "payment electronic check"]
SHOWN += ["security yes", "support yes", "senior yes", "monthly, per 30"]


def curve() -> Iterator[Line]:
    """Yield a line per reading and contract: the share who are still there after some months, and the median."""
    rows = customers()
    groups = {"all": rows} | {str(name): part for name, part in rows.groupby("contract")}
    for reading in (lives.FROM_THE_START, lives.LAST_MONTH):
        for name, part in groups.items():
            found = kaplan_meier.fit(*lives.lifetimes(part, reading))
            median = found.median()
            line: Line = {"reading": reading, "method": name, "customers": len(part)}
            line["median"] = median if np.isfinite(median) else None
            for month in AT:
                line |= dict(zip((f"at_{month}", f"low_{month}", f"high_{month}"), found.at(month), strict=True))
            yield line


def hazards() -> Iterator[Line]:
    """Yield lines of Cox: hazard ratios with their intervals, concordance, and how well the last month is predicted."""
    from sklearn.metrics import roc_auc_score

    past, test = (part["customers"] for part in task.split({"training_set": customers()}))
    known = test[test["tenure"] > 0]
    for reading in (lives.FROM_THE_START, lives.LAST_MONTH):
        model = lives.Stays(reading).fit(past)
        errors = np.sqrt(np.diag(model.cox.covariance))
        for name, weight, error in zip(model.names(), model.cox.weights, errors, strict=True):
            ends = np.exp(weight + np.array([0, -1, 1]) * kaplan_meier.NORMAL * error)
            yield {"part": "ratio", "reading": reading, "method": name} | dict(
                zip(("ratio", "low", "high"), map(float, ends), strict=True)
            )
        life, risk = lives.lifetimes(known, reading), model.cox.log_risk(model.features(known))
        leaves = 1 - model.months(known)[:, 1]
        yield {
            "part": "fit",
            "reading": reading,
            "method": "Cox",
            "concordance": concordance(life.time, life.event, risk, life.entry),
            "roc_auc": float(roc_auc_score(known[LABEL], leaves)),
            "predicted": float(leaves.mean()),
            "left": float(known[LABEL].mean()),
        }


def months(count: float) -> str:
    """Return a number of months in words."""
    return "1 month" if count == 1 else f"{count:.0f} months"


def share(month: int) -> Show:
    """Return what makes a cell of the share after some months, with its interval."""
    parts = (f"at_{month}", f"low_{month}", f"high_{month}")
    return lambda rows: "{:.3f} ({:.3f} to {:.3f})".format(*(rows[part].iloc[0] for part in parts))


def ratio(reading: str) -> Show:
    """Return what makes a cell of the hazard ratio by a reading, with its interval."""

    def cell(rows: pd.DataFrame) -> str:
        line = rows[rows["reading"] == reading].iloc[0]
        return f"{line['ratio']:.2f} ({line['low']:.2f} to {line['high']:.2f})"

    return cell


@cache
def customers() -> pd.DataFrame:
    """Return all customers."""
    return task.labelled(settings().data_dir)


def half(rows: pd.DataFrame) -> str:
    """Return after how many months half have left."""
    return months(rows["median"].iloc[0]) if rows["median"].notna().all() else "more than 72"


def figure(name: str) -> Show:
    """Return what shows a figure of Cox."""
    return lambda rows: f"{rows[name].iloc[0]:.3f}"


READINGS = (lives.FROM_THE_START, lives.LAST_MONTH)
FITS = {
    "concordance": figure("concordance"),
    "ROC AUC of the last month": figure("roc_auc"),
    "leave in it, predicted": figure("predicted"),
    "left in it": figure("left"),
}

STUDY = Study(
    measures=[Measure(curve), Measure(hazards)],
    tables=[
        Table(
            {"reading": "reading", "contract": "method"},
            {f"after {months(month)}": share(month) for month in AT} | {"half have left after": half},
            "curve",
        ),
        Table({"Cox, customers to test on": "reading"}, FITS, "fit"),
        Table(
            {"times as fast": "method"},
            {reading: ratio(reading) for reading in READINGS},
            "ratio",
            lambda lines: lines[lines["method"].isin(SHOWN)],
        ),
    ],
    seeds=0,
)
