"""Real sensors whose values always change, and the same sensors frozen."""

import pandas as pd

from pipelines.anomaly.columns import STREAM, VALUE


def noisy(rows: pd.DataFrame) -> bool:
    """Return whether a stream is real and never has the same value five times in a row."""
    real = str(rows[STREAM].iloc[0]).startswith("real")
    runs = rows[VALUE].ne(rows[VALUE].shift()).cumsum()
    return real and int(runs.value_counts().max()) < 5


def frozen(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a stream whose value does not change from the middle on."""
    middle = len(rows) // 2
    return rows.assign(value=[*rows[VALUE].iloc[:middle], *[rows[VALUE].iloc[middle - 1]] * (len(rows) - middle)])
