"""`python -m pipelines.credit_risk.compare`: every way to decide, on the same out-of-fold decisions over all loans.

It writes `compare.json` and `tradeoff.svg` into the folder that it is given, and prints the table.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from capstan.settings import settings
from models.study import Line, Study, markdown, options, spread
from pipelines.credit_risk import data, fairness, mitigation, training
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.costs import cost

FOLDER = Path(__file__).parent
ATTRIBUTES = ["age", "marital"]
REFERENCE = "boosting"
MARKERS = dict(zip(mitigation.METHODS, "osD^vP*Xh", strict=True))
COLOURS = {"none": "black", "before": "tab:blue", "in": "tab:orange", "after": "tab:green"}


def decide(rows: pd.DataFrame, method: str, attribute: str, seed: int) -> mitigation.Decided:
    """Return the decisions on all rows, each by a model that was fitted without the row's fold."""
    made = mitigation.METHODS[method][1]
    declined, margin = np.empty(len(rows)), np.full(len(rows), np.nan)
    for past, test in training.folds(rows[LABEL].to_numpy(), seed):
        decided = made(rows.iloc[past], rows.iloc[test], attribute, seed)
        declined[test] = decided.declined
        if decided.margin is not None:
            margin[test] = decided.margin
    return mitigation.Decided(declined, None if np.isnan(margin).all() else margin)


def measure(rows: pd.DataFrame, methods: list[str], seeds: Iterable[int]) -> Iterator[Line]:
    """Yield a line per method, attribute and seed; intervals and the ratio to the reference are of the same loans."""
    from sklearn.metrics import roc_auc_score

    bad, by = rows[LABEL].to_numpy(), data.groups(rows)
    for seed in seeds:
        before = decide(rows, REFERENCE, "age", seed)
        for method in methods:
            for attribute in ATTRIBUTES:
                began = time.monotonic()
                made = before if method == REFERENCE else decide(rows, method, attribute, seed)
                codes = np.unique(by[attribute], return_inverse=True)[1]
                intervals = fairness.intervals(bad, before.declined, made.declined, codes, repeats=1_000, seed=seed)
                one, two = (fairness.difference(bad, d, codes) for d in (before.declined, made.declined))
                yield {
                    "method": method,
                    "when": mitigation.METHODS[method][0],
                    "attribute": attribute,
                    "seed": seed,
                    "roc_auc": roc_auc_score(bad, made.margin) if made.margin is not None else None,
                    "cost": cost(bad, made.declined),
                    "extra_cost": cost(bad, made.declined) / cost(bad, before.declined) - 1,
                    "difference": two,
                    "difference_from": intervals["after"][0],
                    "difference_to": intervals["after"][1],
                    "ratio": two / one,
                    "ratio_from": intervals["ratio"][0],
                    "ratio_to": intervals["ratio"][1],
                    "seconds": time.monotonic() - began,
                }


def figure(table: pd.DataFrame) -> Figure:
    """Return cost against equalized-odds difference, a point per method and seed, a plot per attribute."""
    drawn = Figure(figsize=(12, 4.6), layout="constrained")
    for axes, (attribute, lines) in zip(drawn.subplots(1, 2, sharey=True), table.groupby("attribute"), strict=True):
        reference = lines[lines["method"] == REFERENCE]
        axes.axvline(reference["difference"].mean() / 2, color="grey", linestyle=":")
        axes.axhline(reference["cost"].mean() * 1.05, color="grey", linestyle=":")
        for method, runs in lines.groupby("method", sort=False):
            look = {"color": COLOURS[runs["when"].iloc[0]], "marker": MARKERS[method], "alpha": 0.6, "s": 24}
            axes.scatter(runs["difference"], runs["cost"], label=method, **look)
        axes.set(title=f"By {attribute}", xlabel="equalized-odds difference", ylabel="cost per loan", xlim=(0, None))
    drawn.legend(*axes.get_legend_handles_labels(), loc="outside right center", frameon=False)
    return drawn


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row per method and attribute."""
    by = {"method": "method", "acts": "when", "groups": "attribute"}
    columns = {
        "ROC AUC": lambda rows: spread(rows["roc_auc"]) if rows["roc_auc"].notna().all() else "no score",
        "cost, against boosting": lambda rows: f"{spread(rows['extra_cost'], 100, 1)} %",
        "equalized-odds difference": lambda rows: spread(rows["difference"]),
        "against boosting": lambda rows: f"{rows['ratio'].mean():.2f}",
    }
    return markdown(results, by, columns)


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--methods", nargs="+", default=list(mitigation.METHODS), choices=list(mitigation.METHODS))
    given = parser.parse_args()
    study = Study(given.out / "compare.json", ["method", "attribute", "seed"])
    for line in measure(data.loans(settings().data_dir), given.methods, range(given.seeds)):
        study.add(line)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "tradeoff"}):
        figure(study.table()).savefig(given.out / "tradeoff.svg", metadata={"Date": None})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
