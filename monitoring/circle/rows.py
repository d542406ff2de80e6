"""The labelled predictions that decisions are made on."""

from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan import registry
from serving.predictions.labelled import labelled

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rows:
    """Labelled predictions of a binary outcome: of each row the day, the label, the prediction, and who answered."""

    log: "pd.DataFrame"
    days: np.ndarray
    target: np.ndarray
    prediction: np.ndarray

    def predicted_by(self, capstone: str, task: ModuleType, version: str) -> np.ndarray:
        """Return what another version says of the same rows, from the logged features. Raises CapstanError."""
        columns: dict[str, list[Any]] = {
            name: [found.get(name) for found in self.log["features"]] for name in self.log["features"].iloc[0]
        }
        answers = registry.load_version(capstone, version).model.predict_columns(columns)
        return np.asarray(answers[task.OUTCOME.prediction], float)


def read(capstone: str, task: ModuleType, since: datetime, now: datetime, versions: dict[str, str]) -> Rows:
    """Return the predictions since a prediction time whose label is known now. versions: those that count, by role."""
    log = labelled(capstone, since=since, until=now, known_by=now)
    counts = [versions.get(role) == version for role, version in zip(log["variant"], log["version"], strict=True)]
    log = log[np.array(counts, bool)].reset_index(drop=True)
    return Rows(
        log,
        log["prediction_time"].dt.tz_localize(None).to_numpy().astype("datetime64[D]").astype(int),
        log["label"].astype(float).to_numpy(),
        np.array([found[task.OUTCOME.prediction] for found in log["prediction"]], float),
    )
