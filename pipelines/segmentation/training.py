"""From customers to what is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.segmentation import stability, words
from pipelines.segmentation.columns import COUNTRY, CUSTOMER
from pipelines.segmentation.divisions import Cloud, Score, Tree
from pipelines.segmentation.model import SegmentModel
from pipelines.segmentation.outcomes import Outlook, targets
from pipelines.segmentation.report import CLOUD, SCORE, share_by_day
from pipelines.segmentation.scaling import Scaling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from pipelines.segmentation.divisions import Division, Rule

FEW = 30  # customers of a country; fewer are compared with everyone


def fit(rows: pd.DataFrame, seed: int, segments: int) -> SegmentModel:
    """Return the tree, with refits, rivals and words. seed: of the rival that is drawn. segments: at most so many."""
    with threadpool_limits(1):  # the points are few: threads would wait for each other
        division = Tree.of(rows, segments)
        rivals: dict[str, Division] = {
            SCORE: Score.of(rows, division.count),
            CLOUD: Cloud.of(rows, division.count, seed),
        }
        return describe(rows, division, stability.refits(rows, segments), rivals, division.rules())


def describe(
    rows: pd.DataFrame,
    division: Division,
    refits: Sequence[Division],
    rivals: Mapping[str, Division],
    rules: Sequence[Rule],
) -> SegmentModel:
    """Return a model of a division: its parts get letters by their money, words and an outlook."""
    labels = division.predict(rows)
    profiles = words.profiles(rows, labels).sort_values("money", ascending=False)
    letters = {label: chr(ord("A") + place) for place, label in enumerate(profiles.index)}
    names = [letters.get(label, "-") for label in range(division.count)]
    return SegmentModel(
        division=division,
        outlook=outlook(division, rows),
        scaling=Scaling.of(rows),
        names=names,
        words={letters[label]: words.describe(profiles.loc[label], rows) for label in letters},
        refits=[*refits],
        matches=[match(refit.predict(rows), labels) for refit in refits],
        spending=spending(rows),
        rivals={name: (each, outlook(each, rows)) for name, each in rivals.items()},
        shares=share_by_day(rows, np.array(names)[labels]),
        rules={letters[label]: words.rule(rules[label]) for label in letters},
    )


def outlook(division: Division, rows: pd.DataFrame) -> Outlook:
    """Return what the customers of each part did next."""
    return Outlook.of(division.predict(rows), targets(rows), division.count)


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
