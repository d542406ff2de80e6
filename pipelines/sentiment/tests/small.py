"""Every twelfth review, article, film and tweet: with fewer, MiniLM alone is as good."""

from pathlib import Path

import pandas as pd

from pipelines.sentiment import data
from tests.support.data import DATA_DIR

EACH = 12
SETTINGS: dict[str, object] = {}
ASKED = {"text": "I love it!\nThe food was not good.", "source": "tweet"}
REFUSED = ({"text": " \n "}, "text")
KNOWN_LATER = ["rated"]
ACTUALS = [1.5, -2.0]


def fewer(rows: pd.DataFrame, each: int = EACH) -> pd.DataFrame:
    """Return every so-manieth document of each source, whole."""
    document = rows["source"] + rows["id"].astype(str).str.split("_").str[0]
    return rows[document.map({name: place % each == 0 for place, name in enumerate(document.unique())})]


def write(folder: Path) -> None:
    """Write a file with fewer snippets."""
    fewer(pd.read_parquet(data.find(DATA_DIR))).to_parquet(folder / data.FILE)
