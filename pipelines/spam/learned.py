"""What was answered and labelled joins what is learned from: a campaign that the file does not have, for one.

Labels are what users say, and may be wrong or meant to harm. The messages to test on come from the file alone, so that
the gate judges a version by what no user can change.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from models import near_copies
from predictions import labelled


def messages(until: datetime) -> pd.DataFrame:
    """Return the distinct messages whose label was known at an instant: `text` and `spam`, the last label of each."""
    log = labelled("spam", known_by=until)
    rows = pd.DataFrame({"text": [asked["text"] for asked in log["inputs"]], "spam": log["label"].astype(float)})
    return rows.drop_duplicates("text", keep="last", ignore_index=True)


def joined(past: pd.DataFrame, test: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the messages to learn from and the new ones, which have numbers of their own.

    A new one that the file has, or that is a near copy of one to test on, is left out.
    """
    known = pd.concat([past, test], ignore_index=True)
    new = new[~new["text"].isin(known["text"])]
    groups = near_copies.groups([*test["text"], *new["text"]])
    apart = ~np.isin(groups[len(test) :], groups[: len(test)])
    first = int(known["number"].max()) + 1
    rows = new[apart].assign(number=range(first, first + int(apart.sum())))
    return pd.concat([past, rows[past.columns]], ignore_index=True)
