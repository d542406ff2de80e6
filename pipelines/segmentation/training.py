"""From customers to what is served."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.segmentation import choice, stability, words
from pipelines.segmentation.columns import COUNTRY, CUSTOMER
from pipelines.segmentation.methods import METHODS
from pipelines.segmentation.model import Segments
from pipelines.segmentation.report import share_by_day
from pipelines.segmentation.scaling import Scaling

if TYPE_CHECKING:
    import pandas as pd

FEW = 30  # customers of a country; fewer are compared with everyone


def fit(rows: pd.DataFrame, seed: int, names: list[str]) -> Segments:
    """Return the segments that the choice prefers, fitted on one row of each customer. names: of methods."""
    scaling, customers = Scaling.of(rows), rows[CUSTOMER].to_numpy()
    points = scaling.points(rows)
    with threadpool_limits(1):  # the points are few: threads would wait for each other
        candidates = choice.candidates(points, customers, seed, names)
    method, count = choice.best(candidates)
    chosen = partial(METHODS[method], count=count)
    once = rows.groupby(CUSTOMER).sample(1, random_state=seed)
    clusters = chosen(points=scaling.points(once), seed=seed)
    refits = stability.refits(chosen, points, customers, seed)
    labels = clusters.predict(points)
    matches = [match(refit.predict(points), labels) for refit in refits]
    profiles = words.profiles(rows, labels)
    letters = {label: chr(ord("A") + place) for place, label in enumerate(profiles.sort_values("money").index[::-1])}
    model = Segments(scaling, clusters, [letters[label] for label in sorted(letters)], refits, matches, spending(rows))
    model.words = {letters[label]: words.describe(profiles.loc[label], rows) for label in letters}
    model.candidates = candidates
    model.shares = share_by_day(rows, np.array(model.names)[labels])
    return model


def match(labels: np.ndarray, ours: np.ndarray) -> np.ndarray:
    """Return, for each cluster of a refit, the one of ours with most customers in common; each once, if it can be."""
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics.cluster import contingency_matrix

    together = contingency_matrix(labels, ours)
    result: np.ndarray = together.argmax(axis=1)
    theirs, mine = linear_sum_assignment(-together)
    result[theirs] = mine
    return result


def spending(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the sorted sums of money of each country's customers; of all of them under ""."""
    sums = {"": np.sort(rows["money"].to_numpy())}
    for country, group in rows.groupby(COUNTRY):
        if group[CUSTOMER].nunique() >= FEW:
            sums[str(country)] = np.sort(group["money"].to_numpy())
    return sums
