"""What the gate is tried on: random answers, which it must reject."""

import numpy as np
import pandas as pd

from pipelines.anomaly.model import AnomalyModel


class Anywhere(AnomalyModel):
    """The detector, with the scores of each stream in any order: as many alerts, anywhere."""

    def __init__(self, model: AnomalyModel, seed: int):
        super().__init__(model.threshold, model.held_out, model.simple)
        self.seed = seed

    def scores(self, points: pd.DataFrame) -> dict[str, np.ndarray]:
        """Return the scores of each stream, shuffled."""
        random = np.random.default_rng(self.seed)
        return {name: random.permutation(made) for name, made in super().scores(points).items()}


def random_answer(model: AnomalyModel, seed: int) -> AnomalyModel:
    """Alert anywhere."""
    return Anywhere(model, seed)
