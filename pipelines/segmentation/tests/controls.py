"""What must not become champion: see tests/support/controls.py."""

import numpy as np
import pandas as pd

from models.clustering import nulls
from pipelines.segmentation import training
from pipelines.segmentation.columns import CUSTOMER, INPUTS, OUTCOMES, SEGMENTS
from pipelines.segmentation.divisions import Cloud, Score
from pipelines.segmentation.model import SegmentModel
from pipelines.segmentation.report import CLOUD, SCORE
from tests.support.controls import Parts, Tables, cut, shuffled

SETTINGS: dict[str, object] = {}


def without_structure(name: str):
    """Return what replaces the inputs to learn from by data without structure, which look like them."""

    def change(data: Parts) -> Parts:
        rows = data[0]["customers"].reset_index(drop=True)
        points = nulls.NULLS[name](np.log1p(rows[INPUTS].to_numpy()), np.random.default_rng(0))
        columns = dict(zip(INPUTS, np.clip(np.expm1(points), 0, None).T, strict=True))
        return {"customers": rows.assign(**columns)}, data[1]

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
    score, cloud = Score.of(rows, SEGMENTS), Cloud.of(rows, SEGMENTS, seed=0)
    return training.describe(rows, score, [score, score], {SCORE: score, CLOUD: cloud}, [{}] * SEGMENTS)
