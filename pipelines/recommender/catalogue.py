"""The films: their numbers, titles, years, and genres as a matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    import pandas as pd

YEAR = re.compile(r" \(\d{4}\)( \[\d+\])?$")


@dataclass(frozen=True)
class Catalogue:
    """m films in order of their number; what is not known is NaN or "". `places` finds a film by its title."""

    numbers: np.ndarray
    titles: list[str]
    years: np.ndarray
    genres: list[str]
    places: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def find(self, title: str) -> int | None:
        """Return the position of a title, or None. Case does not matter; a year may be left out if that is clear."""
        return self.places.get(title.strip().casefold())

    def near(self, title: str) -> list[str]:
        """Return up to three titles like one that is not known."""
        from difflib import get_close_matches

        by_name = {name.casefold(): name for name in self.titles} | {YEAR.sub("", n).casefold(): n for n in self.titles}
        return list(dict.fromkeys(by_name[key] for key in get_close_matches(title.casefold(), by_name, 3, 0.6)))

    def terms(self) -> sp.csr_matrix:
        """Return the genres and the half-decade of each film as TF-IDF vectors of length 1, shape (m, terms)."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        years = np.nan_to_num(self.years, nan=0)
        texts = [
            " ".join([*genres.replace("-", "").split("|"), f"from{int(year // 5 * 5)}" if year else ""])
            for genres, year in zip(self.genres, years, strict=True)
        ]
        return TfidfVectorizer(token_pattern=r"\S+").fit_transform(texts).astype(np.float32).tocsr()


def catalogue(films: pd.DataFrame) -> Catalogue:
    """Return the catalogue of the table `films`."""
    films = films.sort_values("film")
    titles: list[str] = films["title"].tolist()
    places: dict[str, int] = {}
    ambiguous: set[str] = set()
    for place, title in enumerate(titles):
        short = YEAR.sub("", title).casefold()
        ambiguous |= {short} & places.keys()
        places[short] = place
    places = {name: place for name, place in places.items() if name not in ambiguous}
    places |= {title.casefold(): place for place, title in enumerate(titles)}
    return Catalogue(films["film"].to_numpy(), titles, films["year"].to_numpy(float), films["genres"].tolist(), places)
