"""A trained model of the flagship with its scores, for tests that judge it and enter it into the registry."""

from pathlib import Path

import pytest

from capstan.contract.capstone import TRAINING_SET
from capstan.data.files import read_json, write_json, write_tables
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from components.evaluate import units as by_unit
from components.evaluate.core import evaluate
from components.gate.core import gate
from components.register.core import register
from components.split.core import split
from components.train.core import train
from tests.support.flights import rows_with_known_truth

GOOD = {"roc_auc": 0.99, "average_precision": 0.9, "brier": 0.05, "calibration_error": 0.01}


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("steps")


@pytest.fixture(scope="session")
def trained(folder) -> dict[str, str]:
    """The paths of a model, its rows and its scores, and its digest, as the steps before the gate leave them."""
    write_tables({TRAINING_SET: rows_with_known_truth()}, folder / "rows")
    paths = {name: str(folder / name) for name in ("train", "test", "model", "units", "scores.json", "report.html")}
    split("flight_delay", str(folder / "rows"), paths["train"], paths["test"], str(folder / "counts.json"))
    model_digest = train("flight_delay", paths["train"], paths["model"], {"seed": 0})
    evaluate(paths["model"], paths["test"], paths["scores.json"], paths["units"], paths["report.html"])
    return paths | {"digest": model_digest}


@pytest.fixture
def judge(tmp_path, trained):
    """Return the verdict on scores and units, and the report that gives the reasons.

    better: by how much the ROC AUC of every day is above that of the trained model.
    """

    def run(
        scores: dict = GOOD,
        model_digest: str = "another",
        test: str = "",
        better: float = 0.0,
        units: str = "",
        accept: str = "",
    ) -> tuple[str, str]:
        path, report = tmp_path / "scores.json", tmp_path / "report.md"
        write_json(scores, path)
        own = by_unit.read(units or trained["units"])
        own.model["roc_auc"] += better
        by_unit.write(own, str(tmp_path / "units"))
        own_units, rows = str(tmp_path / "units"), test or trained["test"]
        judged = gate("flight_delay", str(path), own_units, model_digest, rows, str(report), accept)
        assert judged.champion == store.read("flight_delay").champion
        return judged.verdict, report.read_text()

    return run


@pytest.fixture
def champion(trained):
    """The trained model, registered and serving; afterwards there is no champion."""
    number = enter(trained, "accepted")
    store.write_state("flight_delay", RolloutState(champion=number))
    yield read_json(trained["scores.json"]) | {"version": number}
    store.write_state("flight_delay", RolloutState())


def enter(trained: dict, verdict: str, model_digest: str = "", units: str = "", accept: str = "") -> str:
    rows = {"train": trained["train"], "test": trained["test"]}
    lineage = {"pipeline_run": "test"}
    model_digest = model_digest or trained["digest"]
    scores = trained["scores.json"]
    return register("flight_delay", trained["model"], model_digest, scores, verdict, rows, lineage, units, accept)


def lines(report: str, result: str) -> list[str]:
    """Return what was compared, with this result."""
    cells = [[cell.strip() for cell in line.split("|")] for line in report.splitlines() if line.startswith("| ")]
    return [f"{cell[1]} {cell[3]}" for cell in cells if cell[-2] == result]
