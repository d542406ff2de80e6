"""What moderators decided joins what is learned from."""

from __future__ import annotations

import pandas as pd

from models.text import labelled_texts
from pipelines.moderation.data import CLASSES


def joined(past: pd.DataFrame, test: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the tweets to learn from and the new texts, each of them judged by one person, with rows of their own."""
    rows = labelled_texts.unknown(new, past, test)
    counts = {name: (rows["kind"] == name).astype(float) for name in CLASSES}
    first, unit = (int(max(past[name].max(), test[name].max())) + 1 for name in ("row", "unit"))
    rows = rows.assign(**counts, row=range(first, first + len(rows)), unit=range(unit, unit + len(rows)))
    return pd.concat([past, rows[past.columns]], ignore_index=True)
