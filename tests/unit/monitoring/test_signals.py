"""Live signals: what a task makes of logged requests, with the model where it asks for it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capstan import catalogue
from capstan.contract.capstone import Capstone
from capstan.contract.model import Model
from capstan.settings import settings
from monitoring import signals


@pytest.fixture(autouse=True)
def capstones(monkeypatch):
    """The capstones of `tests/capstones`."""
    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(Path("tests/capstones").resolve()))
    settings.cache_clear()
    yield
    settings.cache_clear()


def trained(name: str) -> tuple[Capstone, Model, dict[str, pd.DataFrame]]:
    task = catalogue.load(name)
    past, tables = task.split(task.load(None))
    return task, task.train(past), tables


def logged(task: Capstone, model: Model, rows: list[dict]) -> pd.DataFrame:
    """Return the log of some requests: their inputs and what the model answered."""
    answer = model.predict_columns(pd.DataFrame(rows))
    predictions = [dict(zip(answer, values, strict=True)) for values in zip(*answer.values(), strict=True)]
    return pd.DataFrame({"inputs": rows, "features": [{} for _ in rows], "prediction": predictions})


def test_what_the_model_alone_knows_is_a_signal():
    task, model, tables = trained("wine_cluster")
    reference = task.signals(model, tables)
    log = logged(task, model, tables["wines"].to_dict("records"))
    assert "next_distance" not in task.Prediction.model_fields
    live = signals.of_predictions(task, log, reference, lambda: model)
    assert np.allclose(live["next_distance"], reference["next_distance"])


def test_task_with_two_parameters_needs_no_model():
    task, model, tables = trained("electricity_day")
    log = logged(task, model, task.examples(tables))
    live = signals.of_predictions(task, log, task.signals(model, tables), lambda: pytest.fail("a model was loaded"))
    stated = task.live_signals(pd.DataFrame(log["inputs"].tolist()), pd.DataFrame(log["prediction"].tolist()))
    assert not stated.empty and np.allclose(live[stated.columns], stated)
