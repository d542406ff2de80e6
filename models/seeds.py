"""What several seeds gave, in one cell of a table."""

import pandas as pd


def spread(values: pd.Series, scale: float = 1, digits: int = 3) -> str:
    """Return the mean of some seeds, and the lowest and the highest in brackets."""
    low, mean, high = (scale * value for value in (values.min(), values.mean(), values.max()))
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
