"""Which segments: of those that are stable, with none too small, the fewest that explain about as much as the best.

Candidates are fitted on the first days, and judged by what they explain of the quarter after a later one. "About as
much" is within one standard error, paired by customer (Breiman et al., "Classification and Regression Trees", 1984,
3.4.3): more segments always explain a little more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from capstan.errors import CapstanError
from models.clustering.methods import METHODS
from pipelines.segmentation import stability
from pipelines.segmentation.columns import CHOICE, COUNTS, DAY, OUTCOMES
from pipelines.segmentation.divisions import SPACES, Segments
from pipelines.segmentation.outcomes import Outlook, targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.segmentation.divisions import Division
    from pipelines.segmentation.scaling import Scaling

STABLE = 0.8  # the adjusted Rand index, mean over the pairs
SMALLEST = 0.05  # of the customers
FITS = 5  # of bootstrap samples, per candidate
SAMPLE = 2_000  # customers that the silhouette is of: it compares each with each


class Choice(NamedTuple):
    """A space, a method, and how many segments it is asked for."""

    space: str
    method: str
    asked: int


def candidates(rows: pd.DataFrame, seed: int, names: Sequence[str] = tuple(METHODS), fits: int = FITS) -> pd.DataFrame:
    """Return one row per candidate: what it explains, stability, silhouette, segments, smallest share, and its place.

    `eligible` says whether it may win, `behind` by how much less it explains than the best that may, `error` the
    standard error of that, and `chosen` whether it wins. rows: of all days to learn from.
    """
    past, later = rows[rows[DAY] < CHOICE], rows[rows[DAY] >= CHOICE]
    if past.empty or later.empty:
        raise CapstanError(f"There are no customers before {CHOICE}, or none from then on. Both are needed to choose.")
    lines, told = [], []
    for candidate in (Choice(space, name, count) for space in SPACES for name in names for count in COUNTS):
        models = stability.refits(past, *candidate, seed, fits)
        fitted = Segments.of(past, *candidate, seed)
        by_customer = explains(fitted, past, later)
        told.append(by_customer.mean(axis=1))
        lines.append({**candidate._asdict(), "usefulness": float(told[-1].mean())})
        lines[-1] |= dict(zip(OUTCOMES, by_customer.mean(axis=0).tolist(), strict=True))
        lines[-1] |= {"stability": float(stability.agreement(models, later).mean())}
        lines[-1] |= measures(fitted.scaling, fitted, later)
    return chosen(pd.DataFrame(lines), np.array(told))


def explains(division: Division, past: pd.DataFrame, later: pd.DataFrame) -> np.ndarray:
    """Return the share of each outcome that a division explains of later customers, by customer, shape (n, 3).

    The outcomes of its parts are learned on the past.
    """
    outlook = Outlook.of(division.predict(past), targets(past), division.count)
    return outlook.told(division.predict(later), targets(later))


def chosen(table: pd.DataFrame, explained: np.ndarray) -> pd.DataFrame:
    """Return the candidates with `eligible`, `behind`, `error`, `chosen`. explained: shape (candidates, customers)."""
    table["eligible"] = (
        (table["stability"] >= STABLE)
        & (table["smallest"] >= SMALLEST)
        & table["segments"].between(min(COUNTS), max(COUNTS))
    )
    best = table["usefulness"].where(table["eligible"], -np.inf).to_numpy().argmax()
    less = explained[best] - explained
    table["behind"] = less.mean(axis=1)
    table["error"] = less.std(axis=1, ddof=1) / np.sqrt(explained.shape[1])
    close = table[table["eligible"] & (table["behind"] <= table["error"])]
    fewest = close.sort_values(["segments", "usefulness"], ascending=[True, False]).index[:1]
    table["chosen"] = table.index.isin(fewest)
    return table


def measures(scaling: Scaling, division: Division, rows: pd.DataFrame) -> dict[str, float]:
    """Return the silhouette among the inputs, the number of segments, and the smallest one's share of the customers."""
    points, labels = scaling.points(rows), division.predict(rows)
    sizes = np.bincount(labels, minlength=division.count)
    return {"silhouette": silhouette(points, labels), "segments": len(sizes), "smallest": sizes.min() / len(labels)}


def silhouette(points: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean silhouette of a sample of points; 0 where all are in one segment."""
    from sklearn.metrics import silhouette_score

    few = np.random.default_rng(0).permutation(len(points))[:SAMPLE]
    return float(silhouette_score(points[few], labels[few])) if len(np.unique(labels[few])) > 1 else 0.0


def best(table: pd.DataFrame) -> Choice:
    """Return the winner. Raises CapstanError when no candidate may win."""
    winner = table[table["chosen"]]
    if winner.empty:
        raise CapstanError(
            f"No segmentation of {min(COUNTS)} to {max(COUNTS)} segments is stable ({STABLE} or more; the best has "
            f"{table['stability'].max():.2f}) with at least {SMALLEST:.0%} of the customers in each. See that the "
            "customers are enough, and the right ones."
        )
    return Choice(*(winner.iloc[0][field] for field in Choice._fields))
