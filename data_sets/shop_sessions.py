"""Sessions of a web shop: which kinds of pages each had, and whether it bought. There is no order of pages in it.

Source: Sakar and Kastro, "Online Shoppers Purchasing Intention", UCI 468, CC BY 4.0, https://doi.org/10.24432/C5F88Q
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

FILE, CSV = "online_shoppers.parquet", "online_shoppers_intention.csv"
URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/00468/online_shoppers_intention.csv"
KINDS = {"account": "Administrative", "information": "Informational", "products": "ProductRelated"}
NEEDED = [*KINDS.values(), "BounceRates", "PageValues", "TrafficType", "VisitorType", "Revenue"]
SEVERAL = 10  # product pages: about half of the sessions have more than twice as many


def load(data_dir: Path | None) -> pd.DataFrame:
    """Return one row per session. Raises CapstanError when a column is missing."""
    import pandas as pd

    path = downloads.find(FILE, data_dir) or downloads.find(CSV, data_dir) or downloads.fetch(URL, CSV)
    rows = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    if missing := sorted(set(NEEDED) - set(rows.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    return rows.assign(bought=rows["Revenue"].astype(bool), pages=rows[list(KINDS.values())].sum(axis=1))


def kinds(rows: pd.DataFrame) -> list[frozenset[str]]:
    """Return which kinds of pages each session had."""
    had = {name: (rows[column] > 0).to_numpy() for name, column in KINDS.items()}
    return [frozenset(name for name in KINDS if had[name][row]) for row in range(len(rows))]
