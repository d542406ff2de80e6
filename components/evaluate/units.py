"""The metrics of a model and of its baselines by sampled unit, as files: what the gate compares."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from capstan.contract.evaluation import Evaluation
from capstan.data.files import read_tables, write_tables

if TYPE_CHECKING:
    import pandas as pd

MODEL, LEVEL = "model", "level"  # tables that no baseline can be called like


class Units(NamedTuple):
    """A row per unit and a column per metric. `model` is None where the task does not say what its units are.

    level: the metrics in which the model may be worse than a baseline by the slack of their bound.
    """

    model: "pd.DataFrame | None"
    baselines: Mapping[str, "pd.DataFrame"]
    level: Mapping[str, Sequence[str]] = MappingProxyType({})


def of(result: Evaluation) -> Units:
    """Return the units of an evaluation."""
    return Units(result.units, result.baselines, result.level)


def write(units: Units, folder: str) -> None:
    """Write a table for the model, empty where it has no units, and one for each baseline."""
    import pandas as pd

    # An artifact without a file is none: its step would never come from the cache.
    tables = {MODEL: pd.DataFrame() if units.model is None else units.model, **units.baselines}
    if units.level:
        pairs = [(name, metric) for name, metrics in units.level.items() for metric in metrics]
        tables[LEVEL] = pd.DataFrame(pairs, columns=["baseline", "metric"])
    write_tables({name: frame.reset_index(drop=True) for name, frame in tables.items()}, folder)


def read(folder: str) -> Units:
    """Return what `write` wrote."""
    tables = read_tables(folder)
    model, level = tables.pop(MODEL), tables.pop(LEVEL, None)
    named = {} if level is None else level.groupby("baseline")["metric"].apply(list).to_dict()
    return Units(None if model.empty else model, tables, named)
