"""Texts that an endpoint answered and people labelled, which join what is learned from.

The texts to test on come from the file alone, so that the gate judges a version by what no user can change.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from models.text import near_copies
from predictions import labelled


def answered(name: str, until: datetime, label: str) -> pd.DataFrame:
    """Return the distinct texts of a capstone whose label was known at an instant: `text`, and the last label of each.

    label: the name of its column.
    """
    log = labelled(name, known_by=until)
    rows = pd.DataFrame({"text": [asked["text"] for asked in log["inputs"]], label: log["label"]})
    return rows.drop_duplicates("text", keep="last", ignore_index=True)


def unknown(new: pd.DataFrame, past: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Return the new rows whose `text` neither part of the file has, and which is no near copy of one to test on."""
    new = new[~new["text"].isin([*past["text"], *test["text"]])]
    groups = near_copies.groups([*test["text"], *new["text"]])
    return new[~np.isin(groups[len(test) :], groups[: len(test)])]
