"""What must not become champion: see tests/support/controls.py."""

import pandas as pd

from models.clustering import nulls
from pipelines.segmentation import training
from pipelines.segmentation.columns import CUSTOMER, OUTCOMES
from pipelines.segmentation.divisions import Score
from pipelines.segmentation.model import SegmentModel
from tests.support.controls import Parts, Tables, cut, shuffled

SETTINGS: dict[str, object] = {"methods": "k-means"}
PARTS = 5  # as many as the segments that are chosen


def without_structure(name: str):
    """Return what replaces the inputs to learn from by data without structure, which look like them."""

    def change(data: Parts) -> Parts:
        rows = data[0]["customers"].reset_index(drop=True)
        return {"customers": training.without_structure(rows, name, seed=0)}, data[1]

    return change


def fewer(data: Parts) -> Parts:
    """Leave every second customer, to learn from and to test on."""
    past, test = ({"customers": part["customers"][part["customers"][CUSTOMER] % 2 == 0]} for part in data)
    return past, test


CONTROLS = {
    **{name: without_structure(name) for name in nulls.NULLS},
    "outcomes of other customers": shuffled("customers", *OUTCOMES),
    "200 customers": cut("customers", 200),
}


def baseline(past: Tables) -> SegmentModel:
    """Return a score of recency, frequency and money in equal parts."""
    rows: pd.DataFrame = past["customers"].reset_index(drop=True)
    score = Score.of(rows, PARTS)
    return training.describe(rows, score, [score, score], {training.SCORE: score}, pd.DataFrame())
