"""The metrics of a model and of its baselines by sampled unit, as files: what the gate compares."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from capstan.contract.evaluation import Evaluation
from capstan.data.files import read_tables, write_tables

if TYPE_CHECKING:
    import pandas as pd

MODEL = "model"


class Units(NamedTuple):
    """A row per unit and a column per metric. `model` is None where the task does not say what its units are."""

    model: "pd.DataFrame | None"
    baselines: Mapping[str, "pd.DataFrame"]


def of(result: Evaluation) -> Units:
    """Return the units of an evaluation."""
    return Units(result.units, result.baselines)


def write(units: Units, folder: str) -> None:
    """Write a table for the model, empty where it has no units, and one for each baseline."""
    import pandas as pd

    # An artifact without a file is none: its step would never come from the cache.
    tables = {MODEL: pd.DataFrame() if units.model is None else units.model, **units.baselines}
    write_tables({name: frame.reset_index(drop=True) for name, frame in tables.items()}, folder)


def read(folder: str) -> Units:
    """Return what `write` wrote."""
    tables = read_tables(folder)
    model = tables.pop(MODEL)
    return Units(None if model.empty else model, tables)
