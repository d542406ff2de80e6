"""A small language model for tests of the server, and what it is asked."""

from pathlib import Path
from typing import Any

from data_sets import plays as data
from pipelines.language_model import training
from pipelines.language_model.model import LanguageModel
from predictions import read
from tests.support.data import DATA_DIR
from tests.support.processes import wait_until

NAME = "language_model"
ROMEO = {"model": NAME, "prompt": "ROMEO:\n", "max_tokens": 20}
USER = {"role": "user", "content": "Who's there?"}


def untrained(width: int = 32, layers: int = 1) -> LanguageModel:
    """Return a model that makes any bytes."""
    lines = data.table(DATA_DIR)[:400]
    return training.train(lines, training.shape(width=width, layers=layers), training.Plan(rounds=0))


def logged(id_: str, home: Path, name: str = NAME) -> dict[str, Any]:
    """Return the log's record of a prediction, once it is there."""
    wait_until(lambda: id_ in set(read(name, folder=home / "predictions")["prediction_id"]))
    return read(name, folder=home / "predictions").set_index("prediction_id").loc[id_].to_dict()
