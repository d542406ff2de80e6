"""What moderators decided joins what is learned from.

The tweets to test on come from the file alone, so that the gate judges a version by what no moderator can change.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from pipelines.moderation.data import CLASSES
from predictions import labelled


def texts(until: datetime) -> pd.DataFrame:
    """Return the distinct texts whose label was known at an instant: `text` and `kind`, the last label of each."""
    log = labelled("moderation", known_by=until)
    rows = pd.DataFrame({"text": [asked["text"] for asked in log["inputs"]], "kind": log["label"]})
    return rows.drop_duplicates("text", keep="last", ignore_index=True)


def joined(past: pd.DataFrame, test: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the tweets to learn from and the new texts, each of them judged by one person, with rows of their own.

    A new one that the file has, or that is a near copy of one to test on, is left out.
    """
    import numpy as np

    from models import near_copies

    known = pd.concat([past, test], ignore_index=True)
    new = new[~new["text"].isin(known["text"])]
    groups = near_copies.groups([*test["text"], *new["text"]])
    rows = new[~np.isin(groups[len(test) :], groups[: len(test)])]
    counts = {name: (rows["kind"] == name).astype(float) for name in CLASSES}
    first, unit = int(known["row"].max()) + 1, int(known["unit"].max()) + 1
    rows = rows.assign(**counts, row=range(first, first + len(rows)), unit=range(unit, unit + len(rows)))
    return pd.concat([past, rows[past.columns]], ignore_index=True)
