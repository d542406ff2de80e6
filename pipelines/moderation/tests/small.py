"""Every thirtieth tweet."""

from pathlib import Path

import pandas as pd

from pipelines.moderation import data
from tests.support.data import DATA_DIR

EACH = 30
SETTINGS: dict[str, object] = {}
ASKED = {"text": "You are an idiot, @anna_b: look at https://example.org"}
REFUSED = ({"text": " \n "}, "text")
KNOWN_LATER = ["said"]
ACTUALS = ["offensive", "neither"]


def fewer(rows: pd.DataFrame, each: int = EACH) -> pd.DataFrame:
    """Return every so-manieth tweet."""
    return rows.iloc[::each]


def write(folder: Path) -> None:
    """Write a file with fewer tweets."""
    (folder / data.FILE).parent.mkdir(parents=True)
    fewer(pd.read_parquet(data.find(DATA_DIR))).to_parquet(folder / data.FILE)
