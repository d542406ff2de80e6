"""Maintenance: how many cycles are left, and when should which engine be serviced?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most, on_few
from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks, SignalChecks
from capstan.contract.resources import Limits
from pipelines.maintenance import data
from pipelines.maintenance.columns import CAP, LABEL, SUBSET, UNIT
from pipelines.maintenance.schema import Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.maintenance.model import FleetModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "How many cycles are left, and when should which engine be serviced?"
CONTRACT_LIMIT = 0.0
LIMITS = Limits(bytes=2**24)  # a cycle is a line of 150 bytes, an engine up to 200 of them
OUTCOME = Outcome("regression", target=LABEL, prediction="cycles_left")
CHECKS = Checks(signals={"new_conditions": SignalChecks(threshold=0.05)})
THRESHOLDS = on_few(
    {
        "rmse": at_most(13.0, slack=0.6),
        "coverage": at_least(0.84, slack=0.03),
        "width": at_most(45.0, slack=1.0),
    },
    units=300,
    times=3,
)
EXAMPLES_LEFT = (6, 20, 40, 65, 90, 105)  # cycles, of the engines that the page shows
Actual = float  # cycles that the engine flew until it failed


def target_of(label: float) -> float:
    """Return what the answer is compared with: the cycles left, at most CAP."""
    return min(label, CAP)


def load(data_dir: Path | None) -> Tables:
    """Return `cycles`, one row per cycle of each engine, with the cycles that were left then."""
    return {"cycles": data.cycles(data.find(data_dir))}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the files, by their names in the data folder."""
    paths = data.find(data_dir)
    return {f"{data.FOLDER}/{path.name}": path for path in paths}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of cycles, and of the engines to learn from and to test on."""
    engines = tables["cycles"].groupby([SUBSET, "split", UNIT], as_index=False).size()["split"]
    return {"cycles": len(tables["cycles"]), **{name: float((engines == name).sum()) for name in ("train", "test")}}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return NASA's engines that ran to failure, to learn from, and those that were cut off before it, to test on."""
    rows = tables["cycles"]
    past, test = (rows[rows["split"] == name].drop(columns="split") for name in ("train", "test"))
    return {"cycles": past}, {"cycles": test}


def train(tables: Tables, seed: int = 0, subsets: str = "", rounds: int = 0) -> FleetModel:
    """Return boosting with intervals. subsets: those to learn from, by default all. rounds: 0 means the record's."""
    from functools import partial

    from capstan.errors import CapstanError
    from pipelines.maintenance import boosting, training

    rows = tables["cycles"]
    if unknown := sorted({*subsets.split()} - {*rows[SUBSET]}):
        raise CapstanError(f"There is no data set {unknown[0]}. There are: {', '.join(sorted({*rows[SUBSET]}))}.")
    engines = data.engines(rows[rows[SUBSET].isin(subsets.split())] if subsets else rows)
    return training.fit(engines, partial(boosting.Boosting, rounds=rounds or boosting.ROUNDS), seed)


def evaluate(model: FleetModel, tables: Tables) -> Evaluation:
    """Return how far the predictions at the last cycles are from what was left, and whether the intervals hold."""
    from pipelines.maintenance import report

    return report.evaluate(model, tables["cycles"])


def signals(model: FleetModel, tables: Tables) -> pd.DataFrame:
    """Return what is watched, of each engine at every 20th cycle, and the cycles that were left."""
    from pipelines.maintenance import watching

    return watching.signals(model, data.engines(tables["cycles"]))


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame, model: FleetModel) -> pd.DataFrame:
    """Return what is watched of the logs that were sent."""
    from pipelines.maintenance import watching

    return watching.live(requests, predictions, model)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return a fleet of six engines, the most worn of them alone, and the youngest."""
    from pipelines.maintenance import log

    engines = data.cut_off(data.engines(tables["cycles"]), EXAMPLES_LEFT)
    fleet = "\n".join(log.written(engine, number) for number, engine in enumerate(engines, 1))
    return [{"log": text, "hangar": 1} for text in (fleet, log.written(engines[0], 1), log.written(engines[-1], 6))]
