"""How good the predictions were, now that labels have come: with confidence intervals, calibrated, and by slice.

Rows of one day are alike, so an interval comes from the days: whole days are drawn again (a block bootstrap). A sample
of rows suffices for it; it keeps every day and both labels in their shares.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.stats import t as student

from capstan.contract.bounds import Bound
from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks
from capstan.errors import CapstanError
from monitoring.checks.result import Check, Verdict

Metric = Callable[[np.ndarray, np.ndarray], float]
SAMPLE, REPEATS, FEWEST_ROWS, FEWEST_DAYS = 20_000, 200, 200, 5


def metrics(outcome: Outcome) -> dict[str, Metric]:
    """Return the measures of a kind of outcome."""
    from sklearn.metrics import accuracy_score, mean_absolute_error, roc_auc_score

    return {
        "binary": {"roc_auc": roc_auc_score, "brier": _squared, "calibration": calibration_in_the_large},
        "multiclass": {"accuracy": accuracy_score},
        "regression": {"mae": mean_absolute_error, "calibration": calibration_in_the_large},
    }[outcome.kind]


def calibration_in_the_large(target: np.ndarray, prediction: np.ndarray) -> float:
    """Return how far the mean prediction is from the mean label."""
    return float(abs(np.mean(prediction) - np.mean(target)))


def performance(
    rows: pd.DataFrame,
    outcome: Outcome,
    checks: Checks,
    bounds: Mapping[str, Bound] | None = None,
    own: Mapping[str, Metric] | None = None,
    seed: int = 0,
) -> list[Check]:
    """Return a check of every metric, over all rows and for each value of the declared slices.

    rows: with the outcome's columns, the time and the slices; those without a label are left out. own: the capstone's
    metrics, from target and prediction, next to those of its kind. bounds: THRESHOLDS of the task, or others. A metric
    alarms when its whole interval is beyond its bound. The intervals hold together, over metrics, slices and looks.
    """
    needed = [outcome.target, outcome.prediction, *([checks.time] if checks.time else [])]
    if missing := [column for column in needed if column not in rows]:
        raise CapstanError(f"The rows lack the columns {', '.join(missing)}. Join the labels to them first.")
    rows = stratified(rows[rows[outcome.target].notna() & rows[outcome.prediction].notna()], outcome, checks, seed)
    measured = metrics(outcome) | dict(own or {})
    parts = {"all": rows}
    for column in checks.slices:
        parts |= {f"{column} = {value}": part for value, part in rows.groupby(column, observed=True)}
    level = checks.false_alarms / (len(parts) * len(measured) * checks.looks)
    return [
        _check(metric, of, name, part, outcome, checks, level, bounds or {}, seed)
        for name, part in parts.items()
        for metric, of in measured.items()
    ]


def stratified(rows: pd.DataFrame, outcome: Outcome, checks: Checks, seed: int = 0, size: int = SAMPLE) -> pd.DataFrame:
    """Return at most about `size` rows, with every day in its share and, of classes, every label in its share."""
    if len(rows) <= size:
        return rows
    strata = [rows[checks.time].dt.floor("D")] if checks.time else []
    strata += [] if outcome.kind == "regression" else [rows[outcome.target]]
    if not strata:
        return rows.sample(size, random_state=seed)
    return rows.groupby(strata, sort=False, observed=True).sample(frac=size / len(rows), random_state=seed)


def interval(
    rows: pd.DataFrame, days: np.ndarray, outcome: Outcome, of: Metric, level: float, seed: int
) -> tuple[float, float, float]:
    """Return a metric, and its confidence interval at 1 - level from whole days drawn again, with Student's t."""
    target, prediction = rows[outcome.target].to_numpy(), rows[outcome.prediction].to_numpy()
    value, chance = float(of(target, prediction)), np.random.default_rng(seed)
    blocks = list(pd.Series(np.arange(len(days))).groupby(days).indices.values())
    drawn = []
    for _ in range(REPEATS):
        sample = np.concatenate([blocks[i] for i in chance.integers(len(blocks), size=len(blocks))])
        if outcome.kind != "binary" or 0 < target[sample].mean() < 1:
            drawn.append(of(target[sample], prediction[sample]))
    width = float(student.ppf(1 - level / 2, len(blocks) - 1)) * float(np.std(drawn, ddof=1))
    return value, value - width, value + width


def _check(
    metric: str,
    of: Metric,
    name: str,
    rows: pd.DataFrame,
    outcome: Outcome,
    checks: Checks,
    level: float,
    bounds: Mapping[str, Bound],
    seed: int,
) -> Check:
    days = _days(rows, checks)
    one_class = outcome.kind == "binary" and rows[outcome.target].nunique() < 2
    if len(rows) < FEWEST_ROWS or len(np.unique(days)) < FEWEST_DAYS or one_class:
        few = f"{metric}, {name}: {len(rows):,} labelled rows of {len(np.unique(days))} days are too few."
        return Check(metric, name, "insufficient", message=few)
    value, low, high = interval(rows, days, outcome, of, level, seed)
    verdict: Verdict = "ok"
    why = ""
    message = f"{metric}, {name}: {value:.4g} ({low:.4g} to {high:.4g}) on {len(rows):,} rows"
    bound = bounds.get(metric)
    if bound:
        verdict = "ok" if bound.holds(high if bound.higher_is_better else low) else "alarm"
        why = "" if bound.holds(value) or verdict == "alarm" else "Its interval reaches the threshold."
        message += f", {'at least' if bound.higher_is_better else 'at most'} {bound.limit:g} is wanted"
    limit = bound.limit if bound else None
    return Check(metric, name, verdict, value, limit, low=low, high=high, message=f"{message}.", why=why)


def _days(rows: pd.DataFrame, checks: Checks) -> np.ndarray:
    if checks.time:
        return np.asarray(rows[checks.time].dt.floor("D"))
    return np.arange(len(rows)) * checks.days_without_time // max(len(rows), 1)


def _squared(target: np.ndarray, prediction: np.ndarray) -> float:
    return float(np.mean((np.asarray(prediction) - target) ** 2))
