"""A challenger against the champion, both on the same labelled rows: a paired test of two ROC AUCs, or of two losses.

Too few labels are no reason to reject a challenger. The test says `wait` until the rows suffice to find the difference
that matters, and only then `no difference`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from capstan.contract.delong import roc_auc
from capstan.errors import CapstanError

Result = Literal["better", "worse", "no difference", "wait"]
ALPHA, POWER, DIFFERENCE = 0.05, 0.8, 0.005


@dataclass(frozen=True)
class Comparison:
    """A paired comparison. difference: challenger's less champion's, with its confidence interval and p-value.

    champion, challenger: the ROC AUC or the mean loss. needed: the labelled rows that find a difference of the wanted
    size with the wanted power, as these rows have it.
    """

    verdict: Result
    champion: float
    challenger: float
    difference: float
    low: float
    high: float
    p: float
    rows: int
    needed: int
    message: str


def compare(
    target: np.ndarray,
    champion: np.ndarray,
    challenger: np.ndarray,
    days: np.ndarray | None = None,
    *,
    alpha: float = ALPHA,
    power: float = POWER,
    difference: float = DIFFERENCE,
) -> Comparison:
    """Return whether the challenger ranks the rows better than the champion, by DeLong's test, two-sided.

    target: 0 and 1, (n,). champion, challenger: their scores of the same rows, (n,). days: the day of each row, (n,);
    with them rows of one day may be alike, and the error comes from the days. Raises CapstanError without both classes.
    """
    _require_both_classes(target)
    values = roc_auc(target, np.stack([champion, challenger]))
    aucs, change = values.mean(axis=1), values[1] - values[0]
    gain = float(change.mean())
    error = _standard_error(change - gain, days)
    width = float(norm.ppf(1 - alpha / 2)) * error
    p = float(2 * norm.sf(abs(gain) / error)) if error else float(gain == 0)
    needed = sample_size(error * np.sqrt(len(target)), alpha=alpha, power=power, difference=difference)
    verdict: Result = "better" if gain > 0 else "worse"
    if p > alpha:
        verdict = "no difference" if len(target) >= needed else "wait"
    message = (
        f"AUC {aucs[1]:.4f} against the champion's {aucs[0]:.4f}: {gain:+.4f} ({gain - width:+.4f} to "
        f"{gain + width:+.4f}) on {len(target):,} labelled rows"
    )
    message += f"; a difference of {difference:g} needs {needed:,}." if verdict == "wait" else "."
    return Comparison(
        verdict, float(aucs[0]), float(aucs[1]), gain, gain - width, gain + width, p, len(target), needed, message
    )


def compare_losses(
    champion: np.ndarray,
    challenger: np.ndarray,
    days: np.ndarray,
    *,
    alpha: float = ALPHA,
    power: float = POWER,
    difference: float = DIFFERENCE,
    name: str = "loss",
) -> Comparison:
    """Return whether the challenger's mean loss is lower, by Student's t-test of the days' sums, two-sided.

    champion, challenger: the loss of each row, (n,). days: the day of each row, (n,); rows of one day may be alike, and
    the error comes from the days. name: of the loss, for the message. Raises CapstanError with fewer than two days.
    """
    change = np.asarray(challenger, float) - np.asarray(champion, float)
    mean, count, freedom = float(change.mean()), len(change), len(np.unique(days)) - 1
    error = _standard_error(change - mean, days)
    width = float(student.ppf(1 - alpha / 2, freedom)) * error
    p = float(2 * student.sf(abs(mean) / error, freedom)) if error else float(mean == 0)
    needed = sample_size(error * np.sqrt(count), alpha=alpha, power=power, difference=difference)
    verdict: Result = "better" if mean < 0 else "worse"
    if p > alpha:
        verdict = "no difference" if count >= needed else "wait"
    before, after = float(np.mean(champion)), float(np.mean(challenger))
    message = (
        f"Mean {name} {after:.4f} against the champion's {before:.4f}: {mean:+.4f} ({mean - width:+.4f} to "
        f"{mean + width:+.4f}) on {count:,} labelled rows of {freedom + 1} days"
    )
    message += f"; a difference of {difference:g} needs {needed:,} rows." if verdict == "wait" else "."
    return Comparison(verdict, before, after, mean, mean - width, mean + width, p, count, needed, message)


def sample_size(deviation: float, *, alpha: float = ALPHA, power: float = POWER, difference: float = DIFFERENCE) -> int:
    """Return the rows that find a difference in AUC with some power. deviation: of a row's influence on it."""
    return int(np.ceil((float(norm.ppf(1 - alpha / 2) + norm.ppf(power)) * deviation / difference) ** 2))


def _require_both_classes(target: np.ndarray) -> None:
    ones = int((np.asarray(target) == 1).sum())
    zeros = len(target) - ones
    if ones < 2 or zeros < 2:
        raise CapstanError(
            f"A comparison needs two rows or more of each class; there are {ones} positive and {zeros} negative ones. "
            "Wait for more labels."
        )


def _standard_error(influence: np.ndarray, days: np.ndarray | None) -> float:
    """Return the standard error of the mean influence. Its sums over the days are independent, if not its rows."""
    count = len(influence)
    if days is None:
        return float(np.sqrt((influence**2).sum()) / count)
    _, day = np.unique(days, return_inverse=True)
    sums = np.bincount(day, weights=influence)
    if len(sums) < 2:
        raise CapstanError("A comparison by day needs labels of two days or more. Wait for the next day's.")
    return float(np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1)) / count)
