"""Split labelled rows into those to train on and those to test on."""

from collections.abc import Sequence

import pandas as pd

from capstan.errors import CapstanError
from capstan.times import instant


def by_time(rows: pd.DataFrame, time: str, border: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows before an instant, and the later ones. Raises CapstanError when either part is empty."""
    later = rows[time] >= instant(border)
    for name, count in (("training", (~later).sum()), ("test", later.sum())):
        if not count:
            raise CapstanError(f"The {name} set is empty: the border between training and test is {border}. Move it.")
    return rows[~later], rows[later]


def without(rows: pd.DataFrame, others: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows that equal none of the others in these columns: a copy of what is tested on is not learned."""
    names = list(columns)
    one, two = (pd.util.hash_pandas_object(frame[names], index=False) for frame in (rows, others))
    return rows[~one.isin(two).to_numpy()]


def require_classes(rows: pd.DataFrame, label: str, name: str) -> None:
    """Raise CapstanError when the rows do not show at least two classes of the label."""
    if rows[label].nunique() < 2:
        raise CapstanError(
            f"The {name} set has {len(rows)} labelled rows of fewer than two classes of {label!r}. Give it more data, "
            "or split elsewhere."
        )
