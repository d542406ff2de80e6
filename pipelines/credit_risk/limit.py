"""`python -m pipelines.credit_risk.limit`: how well these inputs can rank loans at all.

It writes `limit.json` into the folder that it is given, and prints the tables: other families of models, each with the
best settings of `tune.json`, their means and their stack; the learning curve; and what the served score leaves between
loans that are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.contract.delong import roc_auc
from capstan.contract.intervals import difference
from capstan.settings import settings
from models.linear.logistic import Logistic
from models.study import Line, Study, markdown, options, read, spread
from pipelines.credit_risk import ceiling, data, task, training, tune
from pipelines.credit_risk.columns import CATEGORIES, LABEL, NUMBERS

FOLDER = Path(__file__).parent
SERVED, SIMPLE = "splines", "logistic regression"
STACK, MEAN, MEAN_OF_ALL = "stack of all", "mean of splines and boosting", "mean of all"
DIVISIONS = 10  # of the learning curve


class Simple:
    """The strong simple method as a score."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, rows: pd.DataFrame, bad: np.ndarray) -> Simple:
        """Return the regression, fitted on rows."""
        self.line = Logistic(NUMBERS, CATEGORIES).fit(rows, bad)
        return self

    def margin(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the log-odds of a bad loan, shape (n,)."""
        return np.asarray(self.line.matrix(rows) @ self.line.weights + self.line.intercept)


def families() -> dict[str, tuple[Any, dict[str, Any]]]:
    """Return each family, with its best settings on the loans to train on."""
    record, tried = read(tune.FOLDER / "tune.json"), tune.FAMILIES
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

    bad, known, made = past[LABEL].to_numpy(), {}, {}
    for name in names or families():
        fresh = score(name, seed)
        known[name] = np.empty(len(past))
        for train, held in training.folds(bad, seed):
            known[name][held] = fresh().fit(past.iloc[train], bad[train]).margin(past.iloc[held])
        made[name] = fresh().fit(past, bad).margin(later)
    columns = [np.column_stack(list(each.values())) for each in (known, made)]
    stack = LogisticRegression().fit(columns[0], bad).decision_function(columns[1])
    means = {MEAN: (made[SERVED] + made["boosting"]) / 2, MEAN_OF_ALL: columns[1].mean(axis=1)}
    return made | means | {STACK: stack}


def compare(bad: np.ndarray, made: dict[str, np.ndarray]) -> Iterator[Line]:
    """Yield a line per method: ROC AUC with its interval over loans, and the paired difference to the served score."""
    served = roc_auc(bad, made[SERVED])
    for name, margin in made.items():
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
    made = {name: np.empty(len(rows)) for name in parts[0][1]}
    for held, each in parts:
        for name, values in each.items():
            made[name][held] = values
    return made


def answer(results: pd.DataFrame) -> str:
    """Return the table at the top of the README: the loans to test on, by the methods that matter."""
    titles = {
        SIMPLE: "logistic regression over the inputs, the strong simple one",
        "boosting": "LightGBM over inputs and ratios, tuned",
        SERVED: "splines over inputs and ratios, served",
        STACK: "all families, stacked",
    }
    lines = ["| method | ROC AUC (95 % interval over loans) | more than the served one |", "| --- | ---: | ---: |"]
    lines.append("| the same for everybody | 0.5 | |")
    test = results[results["part"] == "loans to test on"]
    for method, title in titles.items():
        rows = test[test["method"] == method]
        more = "" if method == SERVED else _interval(rows, "more", "more_low", "more_high")
        lines.append(f"| {title} | {_interval(rows, 'roc_auc', 'low', 'high')} | {more} |")
    return "\n".join(lines)


def _interval(rows: pd.DataFrame, *names: str) -> str:
    return "{:.3f} ({:.3f} to {:.3f})".format(*(rows[name].mean() for name in names))


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    parts = dict(list(results.groupby("part")))

    def ranged(title: str) -> Any:
        names = (title, f"{title}_low", f"{title}_high") if title != "roc_auc" else ("roc_auc", "low", "high")
        return lambda rows: "{:.4f} ({:.4f} to {:.4f})".format(*(rows[name].mean() for name in names))

    compared = {"ROC AUC": ranged("roc_auc"), "more than the served score": ranged("more")}
    ended = {
        "method": [name for name, _ in parts["curve"].groupby("method")],
        "end": [ceiling.endless(lines) for _, lines in parts["curve"].groupby("method")],
    }
    sizes = {
        f"{size:,}": (lambda rows, size=size: spread(rows.loc[rows["loans"] == size, "roc_auc"]))
        for size in ceiling.SIZES
    }
    left = {
        "ROC AUC": lambda rows: f"{rows['roc_auc'].mean():.4f}",
        "if its probabilities were true": ranged("implied"),
        "likeness of neighbours' errors": ranged("alike"),
    }
    ends = [f"{name}: {end[0]:.4f} ({end[1]:.4f} to {end[2]:.4f})" for name, end in zip(*ended.values(), strict=True)]
    return "\n\n".join(
        [
            markdown(parts["all loans"], {"over all loans": "method"}, compared),
            markdown(parts["loans to test on"], {"on the loans to test on": "method"}, compared),
            markdown(parts["curve"], {"loans to learn from": "method"}, sizes),
            "With endless loans: " + "; ".join(ends),
            markdown(parts["ceiling"], {"what is left by": "method"}, left),
        ]
    )


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "limit.json", ["part", "method", "loans", "seed"])

    def add(part: str, seed: int, lines: Iterator[Line]) -> None:
        study.add(*({"part": part, "seed": seed, "loans": None} | line for line in lines))

    rows = data.loans(settings().data_dir)
    past, test = (part["loans"] for part in task.split({"loans": rows}))
    for seed in range(DIVISIONS):
        if study.has(part="curve", seed=seed):
            continue
        add("curve", seed, ceiling.curve(rows, {name: score(name, seed) for name in (SERVED, "boosting")}, seed))
    for seed in range(given.seeds):
        if study.has(part="ceiling", seed=seed):  # the last of a seed's lines
            continue
        add("loans to test on", seed, compare(test[LABEL].to_numpy(), margins(past, test, seed)))
        made = out_of_fold(rows, seed)
        add("all loans", seed, compare(rows[LABEL].to_numpy(), made))
        add("ceiling", seed, ceiling.left(rows, {name: made[name] for name in (SERVED, SIMPLE)}, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
