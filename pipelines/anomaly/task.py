"""Anomaly: what is unusual now, and why?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most
from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET, Outcome
from capstan.contract.checks import Checks
from capstan.contract.resources import Limits
from pipelines.anomaly import data
from pipelines.anomaly.columns import ANOMALY, KEYS, STREAM, TIME
from pipelines.anomaly.schema import Event, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.anomaly.model import AnomalyModel

__all__ = ["Event", "Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "What is unusual now, and why?"
CONTRACT_LIMIT = 0.01
FEATURE_SERVICE = "anomaly"
ENTITY_KEYS = KEYS
CARRIED = ["points", "windows"]
PUSH_SOURCE = "values"
OUTCOME = Outcome("binary", target=ANOMALY, prediction="score")
Actual = bool  # what an analyst says of an answer: something was wrong, or not
LIMITS = Limits(entities=10_000)  # streams: any client begins one with an event
CHECKS = Checks(slices=("decision",))
# Below what six random halves of the streams have: the study `compare`, part "half". The slacks: the study `gate`.
THRESHOLDS = {
    "nab": at_least(55.0, slack=4.5),
    "nab_few_false": at_least(45.0, slack=8.0),
    "windows_found": at_least(0.6),
    "false_per_1000": at_most(0.7),
}
JUST_ALERTED = "realKnownCause/ec2_request_latency_system_failure"  # the first example: it was eight values ago
SHOWN = 25  # monitoring samples every so many values


def load(data_dir: Path | None) -> Tables:
    """Return `points`, a row per value, and `windows`, a row per anomaly that people marked."""
    return data.tables(data_dir)


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the files that `load` reads."""
    return data.files(data_dir)


def count(tables: Tables) -> dict[str, float]:
    """Return the number of values, streams and windows."""
    points = tables["points"]
    return {"values": len(points), "streams": points[STREAM].nunique(), "windows": len(tables["windows"])}


def entity_rows(tables: Tables) -> pd.DataFrame:
    """Return one row per stream, as of its last value."""
    last = tables["points"].groupby(STREAM, sort=False, observed=True)[TIME].max()
    return last.rename(EVENT_TIMESTAMP).reset_index()


def feature_tables(tables: Tables) -> Tables:
    """Return what is known of each stream after its last value."""
    import pandas as pd

    from pipelines.anomaly import streams

    states = streams.last_states(tables["points"])
    known = pd.DataFrame(
        {STREAM: list(states)} | {name: [state[name] for state in states.values()] for name in streams.FIELDS}
    )
    return {"stream_state": known.merge(entity_rows(tables), on=STREAM)}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the streams to learn from and those to test on: in the order of names, every second one is tested.

    Training never gets a label of a stream that is tested, so no threshold can be fitted to it.
    """
    kept = {"streams": tables[TRAINING_SET], "points": tables["points"], "windows": tables["windows"]}
    tested = sorted(tables["points"][STREAM].unique())[::2]
    past = {name: rows[~rows[STREAM].isin(tested)].reset_index(drop=True) for name, rows in kept.items()}
    return past, {name: rows[rows[STREAM].isin(tested)].reset_index(drop=True) for name, rows in kept.items()}


def train(tables: Tables, seed: int = 0) -> AnomalyModel:
    """Return the threshold that is best for these streams."""
    from pipelines.anomaly import training

    return training.fit(tables["points"], tables["windows"], seed)


def evaluate(model: AnomalyModel, tables: Tables) -> Evaluation:
    """Return the scores of NAB."""
    from pipelines.anomaly import report

    return report.evaluate(model, tables["points"], tables["windows"])


def signals(model: AnomalyModel, tables: Tables) -> pd.DataFrame:
    """Return what is watched of one value in 25 of each stream, and whether it lies in a window, in random order."""
    from pipelines.anomaly import watching

    return watching.signals(model, tables["points"], tables["windows"], SHOWN)


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return what is watched of answers, that they do not have as one number."""
    from pipelines.anomaly import watching

    return watching.live(predictions)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three streams, first one that was unusual a moment ago."""
    names = sorted(tables["points"][STREAM].unique(), key=lambda name: (name != JUST_ALERTED, name))
    return [{STREAM: name} for name in names[:: max(len(names) // 3, 1)][:3]]


def apply(model: AnomalyModel, event: Event, features: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a stream after one more event. Raises InvalidRow for a value of the past."""
    from capstan.errors import InvalidRow
    from pipelines.anomaly import streams

    try:
        return streams.after(features, event.time.timestamp(), event.columns, model.threshold)
    except streams.OutOfOrder as error:
        raise InvalidRow(str(error), 0, "time") from None
    except streams.TooMany as error:
        raise InvalidRow(str(error), 0, "values") from None


def alarm(model: AnomalyModel, event: Event, features: dict[str, Any]) -> str | None:
    """Return what is unusual about an event, which people are alerted of."""
    return model.alarm(event.stream, event.columns, event.time, features)
