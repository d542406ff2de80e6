"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipelines.anomaly import training
from pipelines.anomaly.columns import STREAM
from pipelines.anomaly.model import AnomalyModel


class Anywhere(AnomalyModel):
    """The detector, with the scores of each stream in any order: as many alerts, anywhere."""

    def __init__(self, model: AnomalyModel, seed: int):
        super().__init__(model.threshold)
        self.seed = seed

    def scores(self, points: pd.DataFrame) -> dict[str, np.ndarray]:
        """Return the scores of each stream, shuffled."""
        random = np.random.default_rng(self.seed)
        return {name: random.permutation(values) for name, values in super().scores(points).items()}


def random_answer(model: AnomalyModel, seed: int) -> AnomalyModel:
    """Alert anywhere."""
    return Anywhere(model, seed)


def twin(past: dict[str, pd.DataFrame], seed: int, parameters: Mapping[str, Any]) -> AnomalyModel:
    """Learn from four of five streams: another seed changes the threshold little."""
    kept = past["points"][STREAM].drop_duplicates().sample(frac=0.8, random_state=seed)
    some = {table: rows[rows[STREAM].isin(kept)] for table, rows in past.items()}
    return training.fit(some["points"], some["windows"], seed=0)
