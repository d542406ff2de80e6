"""Evidently reports: the drift of a model's signals and, with a label, the quality of its predictions."""

import math
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from capstan.contract.capstone import Outcome

DIGITS = 9  # of the largest number of a column: Evidently fails on one whose numbers differ by next to nothing
BINS = 10  # of its plots


@dataclass(frozen=True)
class Compared:
    """An Evidently run; the same as an HTML page; how many columns drifted."""

    run: Any
    page: bytes
    drifted: int


def compare(
    name: str,
    reference: pd.DataFrame,
    current: pd.DataFrame,
    outcome: Outcome | None = None,
    at: datetime | None = None,
) -> Compared:
    """Compare two tables of signals. With an outcome, both hold a label: then the report shows the performance, too.

    at: when it counts in the plots over time; by default now.
    """
    from evidently import Report
    from evidently.metrics import DatasetMissingValueCount
    from evidently.presets import DataDriftPreset

    definition = _definition(current, outcome)
    datasets = (_dataset(frame, definition) for frame in (current, reference))
    parts = [DataDriftPreset(), DatasetMissingValueCount(), *_performance(outcome)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it divides by the spread of a column that has none
        run = Report(parts, include_tests=True).run(*datasets, name=name, timestamp=_local(at))
    with TemporaryDirectory(prefix="capstan-") as folder:
        page = Path(folder) / "report.html"
        run.save_html(str(page))
        return Compared(run, page.read_bytes(), _drifted(run))


def performance(name: str, rows: pd.DataFrame, outcome: Outcome, at: datetime) -> Any:
    """Return an Evidently run on the performance of labelled predictions: the columns of the outcome."""
    from evidently import Report
    from sklearn.exceptions import UndefinedMetricWarning

    data = _dataset(rows, _definition(rows, outcome))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)  # a bin of its plots may have one row
        return Report(_performance(outcome)).run(data, name=name, timestamp=_local(at))


def is_comparable(values: pd.Series) -> bool:
    """Return whether a column has values, and numbers that fall into bins. All of one huge number do not."""
    if not pd.api.types.is_numeric_dtype(values) or values.dtype == bool:
        return bool(values.notna().any())
    numbers = _rounded(values).to_numpy(dtype=float, na_value=np.nan)
    finite = numbers[np.isfinite(numbers)]
    try:
        np.histogram(finite, BINS)
    except ValueError:
        return False
    return len(finite) > 0


def _rounded(values: pd.Series) -> pd.Series:
    """Return the numbers of a column to nine digits: of one request, batches give probabilities that differ later."""
    if not pd.api.types.is_float_dtype(values):
        return values
    largest = values.abs().replace(np.inf, np.nan).max()
    return values.round(DIGITS - 1 - math.floor(math.log10(largest))) if largest > 0 else values


def _local(at: datetime | None) -> datetime | None:
    """Return an instant as Evidently stamps reports: local, without a zone. Its dashboard fails where both occur."""
    return at and at.astimezone().replace(tzinfo=None)


def _drifted(run: Any) -> int:
    [drifted] = [m["value"] for m in run.dict()["metrics"] if m["config"]["type"].endswith(":DriftedColumnsCount")]
    return int(drifted["count"])


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

    rounded = frame.assign(**{name: _rounded(frame[name]) for name in frame})
    return Dataset.from_pandas(rounded, data_definition=definition)


def _performance(outcome: Outcome | None) -> list[Any]:
    from evidently.presets import ClassificationPreset, RegressionPreset

    if outcome is None:
        return []
    return [RegressionPreset() if outcome.kind == "regression" else ClassificationPreset()]
