"""Signals: the scalar columns of predictions that are watched, of test data and of what an endpoint answered."""

import io
from collections.abc import Callable
from typing import Any

import pandas as pd

from capstan.contract.capstone import Capstone, Outcome
from capstan.contract.model import Model
from capstan.data.batches import Batches
from capstan.data.files import read_tables
from capstan.data.storage import Storage
from capstan.errors import CapstanError

# Evidently's tests take minutes on a million rows. A sample leads to the same conclusions.
SAMPLE_ROWS = 20_000


def of_tables(task: Capstone, model: Any, path: str) -> pd.DataFrame:
    """Return a sample of the signals of the tables in a folder. Raises CapstanError unless they are scalars."""
    tables = {
        name: table.sample(SAMPLE_ROWS) if isinstance(table, Batches) else table
        for name, table in read_tables(path).items()
    }
    frame = sample(task.signals(model, tables))
    for column in frame:
        if not is_scalar(frame[column]):
            raise CapstanError(
                f"The signal {column!r} holds a {type(frame[column].dropna().iloc[0]).__name__}. Signals are scalars: "
                "give its length, its mean or whatever should be watched."
            )
    return frame


def answers(log: pd.DataFrame, version: str) -> pd.DataFrame:
    """Return what clients got from a version: no prediction of a shadow, and no stream that was cut off."""
    return log[(log["version"] == version) & (log["variant"] != "shadow") & ~log["partial"]]


def of_predictions(
    task: Capstone, log: pd.DataFrame, reference: pd.DataFrame, load_model: Callable[[], Model]
) -> pd.DataFrame:
    """Return the columns of `reference` that a prediction log holds, with the same kinds of values.

    A record's inputs, its features and its prediction have the names that `signals` gives them, where it keeps them.
    What they do not have, such as the length of a text, the task's `live_signals` makes of them.
    load_model: returns the model that made the predictions; called only when `live_signals` takes it.
    """
    rows = [
        inputs | features | prediction
        for inputs, features, prediction in zip(log["inputs"], log["features"], log["prediction"], strict=True)
    ]
    live = pd.DataFrame(rows)
    if more := task.live_signals:
        logged = [pd.DataFrame(log[part].tolist()) for part in ("inputs", "prediction")]
        live = live.assign(**more(*logged, *([load_model()] if task.watches_with_model else [])))
    return pd.DataFrame(
        {name: _like(live[name], reference[name]) for name in reference if name in live and is_scalar(live[name])}
    )


def targets(task: Capstone, labels: pd.Series) -> pd.Series:
    """Return the target of the outcome of each label; None for a label that is not known yet."""
    of: Callable[[Any], Any] | None = task.target_of
    return labels.astype(object).map(of, na_action="ignore") if of else labels


def outcomes(task: Capstone, outcome: Outcome, labels: pd.Series) -> pd.Series:
    """Return the target of each label as the checks take it: a number, or the name of a class."""
    of = targets(task, labels)
    return of if outcome.kind == "multiclass" else pd.to_numeric(of, errors="coerce")


def inputs(log: pd.DataFrame) -> pd.DataFrame:
    """Return the scalar inputs and features of a prediction log, as JSON has them."""
    frame = pd.DataFrame([asked | more for asked, more in zip(log["inputs"], log["features"], strict=True)])
    return frame[[name for name in frame if is_scalar(frame[name])]]


def optional(task: Capstone) -> set[str]:
    """Return the fields that a request may leave out, but for those that CHECKS names."""
    fields = task.Request.model_fields if "endpoint" in task.capabilities else {}
    return {name for name, field in fields.items() if not field.is_required()} - set(task.CHECKS.signals)


def untimed(frame: pd.DataFrame, task: Capstone) -> pd.DataFrame:
    """Return signals without the time of the prediction, which Evidently has no use for."""
    time = task.CHECKS.time
    return frame.drop(columns=[time] if time in frame else [])


def sample(frame: pd.DataFrame) -> pd.DataFrame:
    """Return at most SAMPLE_ROWS rows, the same ones each time."""
    return frame.sample(min(SAMPLE_ROWS, len(frame)), random_state=0).reset_index(drop=True)


def is_scalar(values: pd.Series) -> bool:
    """Return whether the first value that is not missing is a number, a text or a boolean."""
    present = values.dropna()
    return present.empty or bool(pd.api.types.is_scalar(present.iloc[0]))


def as_logged(reference: pd.DataFrame) -> pd.DataFrame:
    """Return a reference as `of_predictions` has the columns of a log: with booleans as texts."""
    return pd.DataFrame({name: _like(values, values) for name, values in reference.items()})


def _like(values: pd.Series, reference: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(reference) or not pd.api.types.is_numeric_dtype(reference):
        return values.map(str, na_action="ignore").astype(object)
    return pd.to_numeric(values, errors="coerce").astype(float)


def write_reference(storage: Storage, capstone: str, version: str, frame: pd.DataFrame) -> None:
    """Keep the signals that a version's predictions are compared with."""
    content = io.BytesIO()
    frame.to_parquet(content, index=False)
    storage.write(_key(capstone, version), content.getvalue())


def read_reference(storage: Storage, capstone: str, version: str) -> pd.DataFrame | None:
    """Return the signals that a version's predictions are compared with, or None."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = storage.read(_key(capstone, version))
    if content is None:
        return None
    # In this thread alone. A thread of Arrow that still holds a file of Python's when the process ends aborts it:
    # github.com/apache/arrow/issues/34314
    return pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False).to_pandas(use_threads=False)


def _key(capstone: str, version: str) -> str:
    return f"monitoring/{capstone}/version-{version}.parquet"
