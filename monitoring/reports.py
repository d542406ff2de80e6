"""Evidently reports: the drift of a model's signals and, with a label, the quality of its predictions."""

from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import pandas as pd

from capstan import version
from capstan.capstone import Outcome
from capstan.catalogue import load_task
from capstan.errors import CapstanError
from capstan.files import read_tables

# Evidently's tests take minutes on a million rows. A sample leads to the same conclusions.
SAMPLE_ROWS = 20_000


def report(capstone: str, model: str, name: str, reference: str, current: str) -> bytes:
    """Compare the signals of the MLflow model in `model` on the tables of two folders, `current` and `reference`.

    The report goes to the workspace. Return it as HTML.
    """
    from evidently import Report
    from evidently.presets import DataDriftPreset

    from monitoring import workspace

    task = load_task(capstone)
    outcome = getattr(task, "OUTCOME", None)
    predictor = version.load(Path(model) / version.DATA).model
    now, then = (_signals(task, predictor, path) for path in (current, reference))
    definition = _definition(now, outcome)
    datasets = (_dataset(frame, definition) for frame in (now, then))
    run = Report([DataDriftPreset(), *_performance(outcome)], include_tests=True).run(*datasets, name=name)
    workspace.add(capstone, task.TITLE, name, run, outcome.kind if outcome else None)
    with TemporaryDirectory(prefix="capstan-") as folder:
        page = Path(folder) / "report.html"
        run.save_html(str(page))
        return page.read_bytes()


def _signals(task: ModuleType, predictor: Any, path: str) -> pd.DataFrame:
    """Return a sample of the signals of some tables. Raises CapstanError for columns that are not scalars."""
    frame = task.signals(predictor, read_tables(path))
    frame = frame.sample(min(SAMPLE_ROWS, len(frame)), random_state=0).reset_index(drop=True)
    for column in frame:
        values = frame[column].dropna()
        if len(values) and not pd.api.types.is_scalar(values.iloc[0]):
            raise CapstanError(
                f"The signal {column!r} holds a {type(values.iloc[0]).__name__}. Signals are scalars: give its length, "
                "its mean or whatever should be watched."
            )
    return frame


def _definition(frame: pd.DataFrame, outcome: Outcome | None) -> Any:
    from evidently import BinaryClassification, DataDefinition, MulticlassClassification, Regression

    numbers = [c for c in frame if pd.api.types.is_numeric_dtype(frame[c]) and not _is_class(frame, c, outcome)]
    roles: dict[str, Any] = {}
    if outcome and outcome.kind == "binary":
        roles["classification"] = [BinaryClassification(target=outcome.target, prediction_probas=outcome.prediction)]
    elif outcome and outcome.kind == "multiclass":
        roles["classification"] = [
            MulticlassClassification(target=outcome.target, prediction_labels=outcome.prediction)
        ]
    elif outcome:
        roles["regression"] = [Regression(target=outcome.target, prediction=outcome.prediction)]
    categories = [column for column in frame if column not in numbers]
    return DataDefinition(categorical_columns=categories, numerical_columns=numbers, **roles)


def _is_class(frame: pd.DataFrame, column: str, outcome: Outcome | None) -> bool:
    if frame[column].dtype == bool:
        return True
    if outcome is None or outcome.kind == "regression":
        return False
    return column == outcome.target or (outcome.kind == "multiclass" and column == outcome.prediction)


def _dataset(frame: pd.DataFrame, definition: Any) -> Any:
    from evidently import Dataset

    return Dataset.from_pandas(frame, data_definition=definition)


def _performance(outcome: Outcome | None) -> list[Any]:
    from evidently.presets import ClassificationPreset, RegressionPreset

    if outcome is None:
        return []
    return [RegressionPreset() if outcome.kind == "regression" else ClassificationPreset()]
