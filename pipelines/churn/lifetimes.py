"""`python -m pipelines.churn.lifetimes`: when customers leave, by Kaplan and Meier and by Cox, read in both ways.

It writes `lifetimes.json` into the folder that it is given, and prints the tables. Curves are of all customers; Cox is
fitted on those to train on, and measured on those to test on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Line, Study, markdown, options
from models.survival import kaplan_meier
from models.survival.cox import concordance
from pipelines.churn import task
from pipelines.churn.columns import LABEL
from pipelines.churn.survival import lives

FOLDER = Path(__file__).parent
AT = (1, 12, 24, 48)  # months
SHOWN = ["contract one year", "contract two years", "internet fiber optic", "internet no", "payment electronic check"]
SHOWN += ["security yes", "support yes", "senior yes", "monthly, per 30"]


def curves(rows: pd.DataFrame) -> Iterator[Line]:
    """Yield a line per reading and contract: the share who are still there after some months, and the median."""
    groups = {"all": rows} | {str(name): part for name, part in rows.groupby("contract")}
    for reading in (lives.FROM_THE_START, lives.LAST_MONTH):
        for name, part in groups.items():
            curve = kaplan_meier.fit(*lives.lifetimes(part, reading))
            median = curve.median()
            line: Line = {"part": "curve", "reading": reading, "method": name, "customers": len(part)}
            line["median"] = median if np.isfinite(median) else None
            for month in AT:
                line |= dict(zip((f"at_{month}", f"low_{month}", f"high_{month}"), curve.at(month), strict=True))
            yield line


def hazards(past: pd.DataFrame, test: pd.DataFrame) -> Iterator[Line]:
    """Yield lines of Cox: hazard ratios with their intervals, concordance, and how well the last month is told."""
    from sklearn.metrics import roc_auc_score

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


def share(month: int) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of the share after some months, with its interval."""
    parts = (f"at_{month}", f"low_{month}", f"high_{month}")
    return lambda rows: "{:.3f} ({:.3f} to {:.3f})".format(*(rows[part].iloc[0] for part in parts))


def ratio(reading: str) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of the hazard ratio by a reading, with its interval."""

    def cell(rows: pd.DataFrame) -> str:
        line = rows[rows["reading"] == reading].iloc[0]
        return f"{line['ratio']:.2f} ({line['low']:.2f} to {line['high']:.2f})"

    return cell


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    parts = dict(list(results.groupby("part", sort=False)))
    ratios = parts["ratio"][parts["ratio"]["method"].isin(SHOWN)]
    columns: dict[str, Callable[[pd.DataFrame], str]] = {f"after {months(month)}": share(month) for month in AT}
    columns["half have left after"] = lambda rows: (
        months(rows["median"].iloc[0]) if rows["median"].notna().all() else "more than 72"
    )
    fits = {
        "concordance": lambda rows: f"{rows['concordance'].iloc[0]:.3f}",
        "ROC AUC of the last month": lambda rows: f"{rows['roc_auc'].iloc[0]:.3f}",
        "leave in it, predicted": lambda rows: f"{rows['predicted'].iloc[0]:.3f}",
        "left in it": lambda rows: f"{rows['left'].iloc[0]:.3f}",
    }
    readings = {reading: ratio(reading) for reading in (lives.FROM_THE_START, lives.LAST_MONTH)}
    return "\n\n".join(
        [
            markdown(parts["curve"], {"reading": "reading", "contract": "method"}, columns),
            markdown(parts["fit"], {"Cox, customers to test on": "reading"}, fits),
            markdown(ratios, {"times as fast": "method"}, readings),
        ]
    )


def main() -> None:
    """Measure, write and print. Nothing is random here but the division of the customers, which is fixed."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "lifetimes.json", ["part", "reading", "method"])
    rows = task.labelled(settings().data_dir)
    past, test = (part["customers"] for part in task.split({"training_set": rows}))
    study.add(*curves(rows), *hazards(past, test))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
