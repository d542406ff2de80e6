"""The labelled predictions that decisions are made on."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.capstone import Capstone
from capstan.versions import registry
from monitoring.retraining import counted
from monitoring.retraining.losses import losses
from predictions.json_text import dumps
from predictions.labelled import labelled

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rows:
    """Labelled predictions: of each row the day, how wrong the answer was, and in `log` all that is known.

    `left_out` are how many do not count.
    """

    log: "pd.DataFrame"
    days: np.ndarray
    losses: np.ndarray
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.log)

    @property
    def target(self) -> np.ndarray:
        """The labels of a binary outcome, 0 and 1."""
        return np.array(self.log["label"].astype(float))

    def only(self, mask: np.ndarray) -> "Rows":
        """Return some of the rows. mask: whether to take a row, shape (n,)."""
        left_out = self.left_out + int((~mask).sum())
        return Rows(self.log[mask].reset_index(drop=True), self.days[mask], self.losses[mask], left_out)

    def answered_by(self, capstone: str, version: str) -> list[dict[str, Any]]:
        """Return what another version says of the same rows, from the logged inputs of the model. Raises CapstanError.

        The answers are as the log would have them.
        """
        columns: dict[str, list[Any]] = {
            name: [features.get(name) for features in self.log["features"]] for name in self.log["features"].iloc[0]
        }
        answers = registry.load_version(capstone, version).model.predict_columns(columns)
        return [
            json.loads(dumps({field: values[row] for field, values in answers.items()})) for row in range(len(self))
        ]


def read(capstone: str, task: Capstone, since: datetime, now: datetime, versions: dict[str, str]) -> Rows:
    """Return the predictions since a prediction time whose label is known now. versions: those that count, by variant.

    What a client broke off does not count.
    """
    log = labelled(capstone, since=since, until=now, known_by=now)
    counts = [versions.get(role) == version for role, version in zip(log["variant"], log["version"], strict=True)]
    log = log[np.array(counts, bool) & ~log["partial"].to_numpy(bool)].reset_index(drop=True)
    days = log["prediction_time"].dt.tz_localize(None).to_numpy().astype("datetime64[D]").astype(int)
    wrong = losses(task, list(log["prediction"]), list(log["label"])) if len(log) else np.empty(0)
    return Rows(log, days, wrong)


def of_trial(capstone: str, task: Capstone, since: datetime, now: datetime, versions: dict[str, str]) -> Rows:
    """Return the rows that count in a trial that began at `since`: see `monitoring.retraining.counted`."""
    rule = task.CIRCLE
    fair = counted.drawn if rule.trial == "canary" else counted.paired
    trial = read(capstone, task, since, now, versions)
    trial = trial.only(fair(trial.log))
    if len(counted.shares(trial.log)) < 2:
        return trial
    before = counted.shares(labelled(capstone, since=since - rule.recent, until=since, known_by=now))
    trial = trial.only(counted.within_shares(trial.log, trial.days, before, rule.client_share))
    return trial.only(fair(trial.log))  # of a pair, one may have been left out


def column(rows: Iterable[dict[str, Any]], name: str) -> np.ndarray:
    """Return a field of some predictions as numbers."""
    return np.array([row[name] for row in rows], float)
