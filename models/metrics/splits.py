"""Split labelled rows into those to train on and those to test on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from capstan.data.batches import Batches, batches_of, select
from capstan.data.times import instant
from capstan.errors import CapstanError

if TYPE_CHECKING:
    from capstan.data.batches import Table


def by_time(rows: "Table", time: str, border: str) -> "tuple[Table, pd.DataFrame]":
    """Return the rows before an instant, and the later ones, which have to fit into memory.

    Raises CapstanError when either part is empty.
    """
    moment = instant(border)
    past, later = select(rows, lambda part: ~(part[time] >= moment)), select(rows, lambda part: part[time] >= moment)
    tested = later.frame() if isinstance(later, Batches) else later
    for name, count in (("training", len(past)), ("test", len(tested))):
        if not count:
            raise CapstanError(f"The {name} set is empty: the border between training and test is {border}. Move it.")
    return past, tested


def without(rows: pd.DataFrame, others: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows that equal none of the others in these columns: a copy of what is tested on is not learned."""
    names = list(columns)
    hashes, copies = (pd.util.hash_pandas_object(frame[names], index=False) for frame in (rows, others))
    return rows[~hashes.isin(copies).to_numpy()]


def require_classes(rows: pd.DataFrame | Batches, label: str, name: str) -> None:
    """Raise CapstanError when the rows do not show at least two classes of the label."""
    if len(levels(rows, label)) < 2:
        raise CapstanError(
            f"The {name} set has {len(rows)} labelled rows of fewer than two classes of {label!r}. Give it more data, "
            "or split elsewhere."
        )


def levels(rows: pd.DataFrame | Batches, column: str) -> list[Any]:
    """Return the values that a column has, sorted."""
    return sorted(set().union(*(part[column].dropna().unique() for part in batches_of(rows))))
