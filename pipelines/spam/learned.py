"""What was answered and labelled joins what is learned from: a campaign that the file does not have, for one.

Labels are what users say, and may be wrong or meant to harm.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from models.text import labelled_texts


def messages(until: datetime) -> pd.DataFrame:
    """Return the distinct messages whose label was known at an instant: `text` and `spam`, the last label of each."""
    return labelled_texts.answered("spam", until, "spam").astype({"spam": float})


def joined(past: pd.DataFrame, test: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the messages to learn from and those of the new ones that may join, which have numbers of their own."""
    rows = labelled_texts.unknown(new, past, test)
    first = int(max(past["number"].max(), test["number"].max())) + 1
    return pd.concat([past, rows.assign(number=range(first, first + len(rows)))[past.columns]], ignore_index=True)
