"""The sales of orange juice at Dominick's Finer Foods: 106,139 rows of store, week and brand, 1990 to 1992.

Source: `orangeJuice` of the R package bayesm (GPL-2 or later), after the Kilts Center for Marketing, University of
Chicago Booth School of Business, whose Dominick's database is for academic research. Montgomery, "Creating
micro-marketing pricing strategies using supermarket scanner data" (1997).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import pandas as pd

# In the order of the file, which has them as brands 1 to 11. Source: the manual of the R package bayesm, `orangeJuice`.
Brand = Literal[
    "Tropicana Premium 64 oz",
    "Tropicana Premium 96 oz",
    "Florida's Natural 64 oz",
    "Tropicana 64 oz",
    "Minute Maid 64 oz",
    "Minute Maid 96 oz",
    "Citrus Hill 64 oz",
    "Tree Fresh 64 oz",
    "Florida Gold 64 oz",
    "Dominick's 64 oz",
    "Dominick's 128 oz",
]
BRANDS: list[str] = list(get_args(Brand))
OUNCES = [int(name.split()[-2]) for name in BRANDS]
COUNT = len(BRANDS)
STORE, WEEK, BRAND = "store", "week", "brand"
FILE = "orange_juice/sales.parquet"
MADE = f'In R: data(orangeJuice, package="bayesm"); arrow::write_parquet(orangeJuice$yx, "{FILE}").'
RAW = [STORE, BRAND, WEEK, "logmove", "deal", "feat", "profit", *(f"price{brand}" for brand in range(1, COUNT + 1))]


def find(data_dir: Path | None) -> Path:
    """Return the path of the file. Raises CapstanError that says how to make it."""
    home = "Its home is an R package, which this project does not carry."
    return downloads.required(FILE, data_dir, f"{home} {MADE} Then set CAPSTAN_DATA_DIR to its folder.")


def sales(path: Path) -> pd.DataFrame:
    """Return a row per store, week and brand: packages `sold`, `price` and `cost` of one in dollars, `deal`, `feat`.

    The file has the log of ounces sold, though bayesm's manual says units: each number is a multiple of the package.
    Its prices are per ounce. `profit` is the margin in percent of the price, against the average cost of what the
    store had in stock, and not against what a new package costs. Raises CapstanError for another file.
    """
    import pandas as pd

    raw = pd.read_parquet(path)
    if missing := sorted(set(RAW) - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace it. {MADE}")
    raw = raw.sort_values([STORE, WEEK, BRAND], ignore_index=True)
    place = raw[BRAND].to_numpy() - 1
    if not np.isin(place, range(COUNT)).all():
        raise CapstanError(f"{path} has brands other than 1 to {COUNT}. Replace it. {MADE}")
    ounces = np.array(OUNCES, float)[place]
    shelf = raw[[f"price{brand}" for brand in range(1, COUNT + 1)]].to_numpy()
    price = shelf[np.arange(len(raw)), place] * ounces
    return pd.DataFrame(
        {
            STORE: raw[STORE].astype(int),
            WEEK: raw[WEEK].astype(int),
            BRAND: np.array(BRANDS, dtype=object)[place],
            "sold": np.round(np.exp(raw["logmove"].to_numpy()) / ounces, 3),
            "price": np.round(price, 4),
            "cost": price * (1 - raw["profit"].to_numpy() / 100),
            "deal": raw["deal"].astype(int),
            "feat": raw["feat"].astype(int),
        }
    )
