"""Which ratings are held out: a random fifth, and the last sitting.

Most people rated everything in one sitting, as the site showed them the films. So the order within a sitting says more
about the site's pages than about people, and nothing here predicts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.recommendation.histories import SHARE, Histories, at_random
from models.recommendation.item_to_item import often_rated
from pipelines.recommender.columns import USER

if TYPE_CHECKING:
    import pandas as pd

PAUSE = np.timedelta64(1, "h")  # a longer one ends a sitting
FEWEST = 5  # ratings before the last sitting, for it to be held out
KNOWN, HELD, NEXT = "known", "held", "next"


def sittings(ratings: pd.DataFrame) -> np.ndarray:
    """Return the number of the sitting of each rating, from 0 for each person, shape (n,). In order of time."""
    after_a_pause = ratings.groupby(USER)["time"].diff() > PAUSE
    numbers: np.ndarray = after_a_pause.groupby(ratings[USER]).cumsum().to_numpy()
    return numbers


def hold_out(ratings: pd.DataFrame, seed: int = 0) -> np.ndarray:
    """Return what each rating is to methods, shape (n,): KNOWN, or HELD or NEXT, which are predicted from it.

    NEXT: the last sitting of those who have another before it. HELD: of each person's other ratings a random fifth,
    rounded down but at least one. The ratings of a person are in order of time.
    """
    sitting, people = sittings(ratings), ratings[USER].to_numpy()
    last = ratings.assign(sitting=sitting).groupby(USER)["sitting"].transform("max").to_numpy()
    in_last = (sitting == last) & (last > 0)
    before = _sum(~in_last, people)
    in_last &= before >= FEWEST  # who rated less before has no next sitting: all ratings are known or held
    drawn_from = np.where(before >= FEWEST, before, _sum(np.ones(len(people), bool), people))
    order = np.where(in_last, np.inf, np.random.default_rng(seed).random(len(people)))  # the last sitting comes last
    rank = ratings.assign(order=order).groupby(USER)["order"].rank(method="first").to_numpy()
    held = ~in_last & (rank <= np.maximum(np.floor(drawn_from * SHARE), 1))
    return np.where(in_last, NEXT, np.where(held, HELD, KNOWN))


def people(ratings: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return one row per person: `films`, `stars` and latest `time` of what is known, and films of HELD and NEXT."""
    parts = hold_out(ratings, seed)
    known = ratings[parts == KNOWN].groupby(USER)
    rows = known.agg(films=("film", list), stars=("stars", list), time=("time", "max"))
    for part in (HELD, NEXT):
        films = ratings[parts == part].groupby(USER)["film"].agg(list).reindex(rows.index)
        rows[part] = [row if isinstance(row, list) else [] for row in films]
    return rows


def without_a_fifth(people: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return people with a random fifth of their films taken out, as HELD."""
    parts = at_random(people["films"].map(len).tolist(), seed)
    kept = {
        name: [np.asarray(values)[rows] for values, (rows, _) in zip(people[name], parts, strict=True)]
        for name in ("films", "stars")
    }
    taken = [np.asarray(films)[rows] for films, (_, rows) in zip(people["films"], parts, strict=True)]
    return people.assign(**kept, **{HELD: taken})


def cut(past: Histories, titles: int, seed: int = 0, among: Histories | None = None) -> Histories:
    """Return histories with so many titles, drawn from those that count.

    among: the histories of which enough have these titles; by default `past`.
    """
    random = np.random.default_rng(seed)
    counts = np.isin(np.arange(past.m), often_rated((among or past).matrix()))
    rows = [random.permutation(np.flatnonzero(counts[films]))[:titles] for films in past.items]
    items, ratings = ([row[take] for row, take in zip(part, rows, strict=True)] for part in (past.items, past.ratings))
    return Histories(items, ratings, past.m)


def _sum(flags: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return how many flags of the same person are set, shape (n,)."""
    counts = np.bincount(people, flags)
    sums: np.ndarray = counts[people]
    return sums
