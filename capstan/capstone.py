"""The contract of a capstone: what its `task.py` states.

A task is a plain module, `pipelines/NAME/task.py`; this protocol lists the names that the shared components look for.
A capstone without entities, label or endpoint leaves the optional names out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from capstan.errors import CapstanError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from pandera.pandas import DataFrameSchema


class Request(Protocol):
    """One row of a prediction request: a pydantic model whose fields are the entity keys and the request's own data."""

    def prediction_time(self) -> datetime:
        """Return the instant, in UTC, after which nothing may be known."""


class Model(Protocol):
    """What a task trains: an `mlflow.pyfunc.PythonModel` that also predicts from plain columns, for speed."""

    def predict_columns(self, columns: Mapping[str, Sequence]) -> "np.ndarray":
        """Return one score a row, shape (n,); columns are taken by name, a missing value is None or NaN.

        A model may have a second method, `explain_columns`, of the same argument; the endpoint then answers `:explain`.
        It returns (base, contributions) in log-odds, shapes (n,) and (n, k), the k inputs in the order of the model's
        signature, so that 1 / (1 + exp(-(base + sum of contributions))) is the score.
        """


class Task(Protocol):
    """The names of a `task.py`. Those with a value here are optional."""

    TITLE: str  # one line, for people
    CONTRACT_LIMIT: float  # the share of rows that may break the contract before the run fails
    EVENT_TIMESTAMP: str  # the column of the prediction time
    LABEL: str
    INPUTS: list[str]  # the model's input columns
    INPUT_GROUPS: dict[str, list[str]]  # the same by origin, for the table of what each group is worth
    CATEGORIES: list[str]  # the inputs that are strings
    TEST_FROM: str  # rows from this instant on are the test set
    CALIBRATE_FROM: str  # the training rows from this instant on calibrate the model
    THRESHOLDS: dict[str, float]  # the gate: a metric and the least (or, for a loss, the most) it may be
    SLICES: list[str]  # the columns by which the metrics are broken down
    Request: type  # the schema of a prediction request
    FEATURE_SERVICE: str | None = None
    FEATURE_DOMAIN: str | None = None  # the file of feature_repo that defines the service
    ENTITY_KEYS: list[str] | None = None
    FEATURE_DEFAULTS: dict[str, Any] | None = None  # what the endpoint uses when the online store does not answer

    def load(self, data_dir: Path | None) -> "dict[str, pd.DataFrame]":
        """Return the raw tables, from `data_dir` where it has them and else from their canonical source."""

    def count(self, tables: "dict[str, pd.DataFrame]") -> dict[str, int]:
        """Return what a reader of the run wants counted."""

    def contracts(self) -> "dict[str, DataFrameSchema]":
        """Return the contract of each table."""

    def entity_rows(self, tables: "dict[str, pd.DataFrame]") -> "pd.DataFrame":
        """Return a row a prediction: entity keys, prediction time, request data and label."""

    def feature_tables(self, tables: "dict[str, pd.DataFrame]") -> "dict[str, pd.DataFrame]":
        """Return the rows behind each feature view, by the view's name."""

    def train(self, rows: "pd.DataFrame", inputs: list[str], seed: int, workers: int, tune: int) -> Model:
        """Return a fitted model."""

    def examples(self, rows: "pd.DataFrame") -> list[dict[str, Any]]:
        """Return rows as the JSON a client would send."""


def check(task: ModuleType, name: str) -> None:
    """Raise an error that lists the names a task lacks."""
    attributes = [key for key in Task.__annotations__ if not hasattr(Task, key)]
    functions = [key for key, value in vars(Task).items() if callable(value) and not key.startswith("_")]
    missing = [key for key in attributes + functions if not hasattr(task, key)]
    if missing:
        raise CapstanError(
            f"pipelines/{name}/task.py lacks {', '.join(missing)}: see capstan/capstone.py for what each one is."
        )
