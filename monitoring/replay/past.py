"""What happened: the predictions that were asked for, the features as they arrived, the labels as they became known."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT, Capstone
from capstan.data.contracts import check
from capstan.errors import CapstanError
from capstan.settings import settings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Past:
    """The entity rows of a time, in order, the request of each, and the rows of every feature view, of all times."""

    rows: "pd.DataFrame"
    requests: list[dict[str, Any]]
    features: "dict[str, pd.DataFrame]"


def read(task: Capstone, start: datetime, end: datetime) -> Past:
    """Return what happened from `start` to before `end`, without the rows that break the contract.

    Raises CapstanError for a time in which nothing was to be predicted, and where nothing says when a label was known.
    """
    tables = task.load(settings().data_dir)
    for name, contract in task.contracts().items() if "contract" in task.capabilities else ():
        tables[name] = check(tables[name], contract, name)[0]
    rows = task.entity_rows(tables)
    if LABEL_KNOWN_AT not in rows:
        raise CapstanError(f"A replay needs the column {LABEL_KNOWN_AT!r} of `entity_rows`: when a label was known.")
    times = rows[EVENT_TIMESTAMP]
    inside = rows[(times >= start) & (times < end)].sort_values(EVENT_TIMESTAMP, kind="stable", ignore_index=True)
    if inside.empty:
        raise CapstanError(
            f"There is nothing to replay from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC: the data is of "
            f"{times.min():%Y-%m-%d} to {times.max():%Y-%m-%d}."
        )
    return Past(inside, task.requests(inside), task.feature_tables(tables))
