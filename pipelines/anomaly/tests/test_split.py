"""No label of a stream that is tested reaches the training: what is fitted to labels is worth nothing in the gate."""

import numpy as np
import pandas as pd

from components.gate import trials
from models.anomaly.nab_scoring import best_threshold
from pipelines.anomaly import task
from pipelines.anomaly.columns import STREAM
from pipelines.anomaly.labels import judged
from pipelines.anomaly.model import AnomalyModel


class Fitted(AnomalyModel):
    """The detector with a threshold of each stream that is fitted to its own labels, where these are known."""

    def __init__(self, model: AnomalyModel, tables: dict[str, pd.DataFrame]):
        super().__init__(model.threshold)
        scores = super().scores(tables["points"])
        labels = judged(tables["points"], tables["windows"])
        self.own = {name: best_threshold([(labels[name], scores[name])])[0] for name in labels}

    def scores(self, points: pd.DataFrame) -> dict[str, np.ndarray]:
        """Return scores, of which an alert is at the common threshold."""
        by_stream = super().scores(points)
        return {
            name: scores * (self.threshold / self.own.get(name, self.threshold)) for name, scores in by_stream.items()
        }


def test_streams_that_are_tested_are_not_learned_from(parts):
    past, test = parts
    for name in ("points", "windows", "streams"):
        assert len(past[name]) and len(test[name]) and not set(past[name][STREAM]) & set(test[name][STREAM])


def test_thresholds_fitted_to_own_labels_earn_nothing(parts, model):
    """On the streams that they were fitted to they would be far better than the champion."""
    past, test = parts
    champion, fitted = (task.evaluate(candidate, test) for candidate in (model, Fitted(model, past)))
    assert [line["worse"] for line in trials.worse(task.THRESHOLDS, fitted, champion)] == [0, 0]
    planted = Fitted(model, {name: pd.concat([past[name], test[name]]) for name in ("points", "windows")})
    assert task.evaluate(planted, test).metrics["nab"] > champion.metrics["nab"] + 5
