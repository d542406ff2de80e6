"""`python -m pipelines.churn.compare`: how well each method ranks the customers, and what its calls earn.

It writes `compare.json` into the folder that it is given, and prints the tables: five times five folds over all
customers, with the choice of the settings inside each fold as well; the customers to test on; whom else one could call;
other shares of those who take the offer; and the spread that the limits of the gate come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from capstan.contract.delong import roc_auc
from capstan.contract.intervals import difference
from capstan.settings import settings
from models.study import Line, Study, markdown, options, ranged, spread
from pipelines.churn import costs, nested, report, task, training
from pipelines.churn.columns import LABEL
from pipelines.churn.nested import SERVED, SIMPLE

FOLDER = Path(__file__).parent
ACCEPT = (0.1, 0.2, 0.3, 0.4)
DIVISIONS = 6
MEASURES = ("roc_auc", "log_loss", "brier", "profit")


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


def out_of_fold(rows: pd.DataFrame, seed: int, chosen: bool = False) -> dict[str, np.ndarray]:
    """Return the log-odds of each customer by every method, fitted and calibrated without the customer's fold."""
    made: dict[str, np.ndarray] = {}
    for past, held in training.folds(rows, rows[LABEL].to_numpy(), seed):
        for name, margin in nested.margins(rows.iloc[past], rows.iloc[held], seed, chosen).items():
            made.setdefault(name, np.empty(len(rows)))[held] = margin
    return made


def lines(rows: pd.DataFrame, made: Mapping[str, np.ndarray]) -> Iterator[Line]:
    """Yield a line per method: each measure with its interval over customers, and less that of the simple one."""
    simple = values(rows, made[SIMPLE])
    for method, margin in made.items():
        own = values(rows, margin)
        line: Line = {"method": method}
        for name in MEASURES:
            for title, other in ((name, np.zeros(len(rows))), (f"{name}_more", simple[name])):
                line |= dict(zip((title, f"{title}_low", f"{title}_high"), difference(own[name], other), strict=True))
        yield line


def whom_else(rows: pd.DataFrame, margin: np.ndarray) -> Iterator[Line]:
    """Yield a line per way to choose whom to call: its profit per customer, and how much more the served one has."""
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


def divisions(past: pd.DataFrame) -> Iterator[Line]:
    """Yield the metrics of the gate for random thirds of the customers to train on."""
    for seed in range(DIVISIONS):
        at = np.random.default_rng(seed).permutation(len(past)) % task.TEST_SHARE == 0
        model = task.train({"customers": past[~at]}, seed=seed)
        yield {"method": f"{seed}"} | task.evaluate(model, {"customers": past[at]}).metrics


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    parts = dict(list(results.groupby("part", sort=False)))
    compared = {
        "ROC AUC": ranged("roc_auc"),
        "more than the simple one": ranged("roc_auc_more"),
        "log loss, more than the simple one": ranged("log_loss_more"),
        "profit per customer": ranged("profit", 2),
    }
    ways = {
        "called": lambda rows: f"{100 * rows['called'].mean():.0f} %",
        "profit per customer": ranged("profit", 2),
        "served has more": ranged("more", 2),
    }
    shares = {
        "called": lambda rows: f"{100 * rows['called'].mean():.0f} %",
        "profit": lambda rows: f"{rows['profit'].mean():.2f}",
        "if 0.3 is believed": lambda rows: f"{rows['believed'].mean():.2f}",
        "calling everybody": lambda rows: f"{rows['all'].mean():.2f}",
    }
    gate = {name: (lambda rows, name=name: spread(rows[name])) for name in task.THRESHOLDS}
    return "\n\n".join(
        [
            markdown(parts["folds"], {"five times five folds, all customers": "method"}, compared),
            markdown(parts["test"], {"the customers to test on": "method"}, compared),
            markdown(parts["ways"], {"who is called": "method"}, ways),
            markdown(parts["accept"], {"share who take the offer": "method"}, shares),
            markdown(parts["division"], {"six divisions of the customers to train on": "part"}, gate),
        ]
    )


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--chosen", action="store_true", help="choose the settings anew inside each fold, as well")
    given = parser.parse_args()
    study = Study(given.out / "compare.json", ["part", "method", "seed"])

    def add(part: str, seed: int, made: Iterator[Line]) -> None:
        study.add(*({"part": part, "seed": seed} | line for line in made))

    rows = task.labelled(settings().data_dir)
    past, test = (part["customers"] for part in task.split({"training_set": rows}))
    for seed in range(given.seeds):
        if study.has(part="accept", seed=seed):  # the last of a seed's lines
            continue
        made = out_of_fold(rows, seed, given.chosen)
        add("folds", seed, lines(rows, made))
        if not seed:  # but for the folds of the calibration, every seed has the same there
            add("test", seed, lines(test, nested.margins(past, test, seed, given.chosen)))
        add("ways", seed, whom_else(rows, made[SERVED]))
        add("accept", seed, other_shares(rows, made[SERVED]))
    if not study.has(part="division"):
        add("division", 0, divisions(past))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
