"""Recommender: which other films are for somebody who has rated some?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from capstan.contract.bounds import at_least, on_few
from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET, Outcome
from capstan.contract.checks import Checks
from capstan.contract.resources import COMPUTE, Resources
from data_sets import movielens as data
from pipelines.recommender import protocol
from pipelines.recommender.columns import CANDIDATES, KEYS, SHOWN, USER
from pipelines.recommender.schema import Event, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.recommender.model import Recommender

__all__ = ["Event", "Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Which other films are for somebody who has rated some?"
FAMILIES = ("torch", "tables")
RESOURCES = Resources({"evaluate": COMPUTE})
OUTCOME = Outcome("regression", target="taken", prediction="expected")
Actual = Annotated[int, Field(ge=0, le=CANDIDATES)]  # how many of the films shown the person went on to rate
ACTUAL_DELAY = timedelta(days=30)
CONTRACT_LIMIT = 0.01
FEATURE_SERVICE = "recommender"
ENTITY_KEYS = KEYS
CARRIED = ["films"]
PUSH_SOURCE = "ratings"
# Neighbours among people have an nDCG of 0.285 in the random fifth; popularity has 0.164, in the next sitting 0.094.
# The limits of recall and coverage were set by hand.
THRESHOLDS = on_few(
    {
        "ndcg": at_least(0.24, slack=0.015),
        "ndcg_next": at_least(0.085, slack=0.0125),
        "ndcg_short": at_least(0.19, slack=0.01),
        "recall": at_least(0.13),
        "coverage": at_least(0.02),
    },
    units=300,
    times=5,
)
CHECKS = Checks(rows_per_day=5)  # there are few people, and each part of them stands for a day


def load(data_dir: Path | None) -> Tables:
    """Return `ratings` and `films`."""
    return data.tables(data_dir)


def count(tables: Tables) -> dict[str, float]:
    """Return the number of ratings, people and films."""
    ratings = tables["ratings"]
    return {"ratings": len(ratings), "people": ratings[USER].nunique(), "films": len(tables["films"])}


def entity_rows(tables: Tables) -> pd.DataFrame:
    """Return one row per person: the films that are held out, and when the other ratings were known."""
    people = protocol.people(_in_order(tables)).rename(columns={"time": EVENT_TIMESTAMP}).reset_index()
    rows = people[[USER, EVENT_TIMESTAMP, protocol.HELD, protocol.NEXT]]
    return rows.assign(count=SHOWN, liked=[np.array([], dtype=object)] * len(rows))


def feature_tables(tables: Tables) -> Tables:
    """Return two rows for each person: the history without what is held out and, a second later, the whole one.

    The training set joins the first, as of the last rating that is known. The online store keeps the second.
    """
    import pandas as pd

    ratings = _in_order(tables)
    cut = protocol.people(ratings)[["films", "stars", "time"]]
    whole = ratings.groupby(USER).agg(films=("film", list), stars=("stars", list), time=("time", "max"))
    whole["time"] += np.timedelta64(1, "s")
    return {"user_history": pd.concat([cut, whole]).rename(columns={"time": EVENT_TIMESTAMP}).reset_index()}


def _in_order(tables: Tables) -> pd.DataFrame:
    return tables["ratings"].sort_values([USER, "time"], ignore_index=True)


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return everybody's history without what is held out, and the same with the films that are."""
    people = tables[TRAINING_SET]
    films = tables["films"]
    without_held = people.drop(columns=[protocol.HELD, protocol.NEXT])
    return {"people": without_held, "films": films}, {"people": people, "films": films}


def train(tables: Tables, seed: int = 0) -> Recommender:
    """Return the blend that is served, and the rivals that it is compared with."""
    from pipelines.recommender import training

    return training.fit(tables["people"], tables["films"], seed)


def evaluate(model: Recommender, tables: Tables) -> Evaluation:
    """Return how well held-out films are ranked, and those of the next sitting, and the same of each rival."""
    from pipelines.recommender import report

    return report.evaluate(model, tables["people"])


def signals(model: Recommender, tables: Tables) -> pd.DataFrame:
    """Return the size and the ground of each answer, how popular its films are, how many hits it expects, and has."""
    import pandas as pd

    people = tables["people"]
    if protocol.HELD not in people:  # the training data have a fifth of their own, which the model has seen
        people = protocol.without_a_fifth(people)
    answers = model.predict_columns({name: people[name].tolist() for name in model.inputs})
    shown = [{model.number(place["item"]) for place in answer} for answer in answers["ranking"]]
    taken = [len(films.intersection(held)) for films, held in zip(shown, people[protocol.HELD], strict=True)]
    watched = {name: answers[name] for name in ("known", "popularity", "expected")}
    return pd.DataFrame({"count": people["count"].tolist()} | watched | {"taken": taken})


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return two known people, and a new one who likes two films."""
    people, films = tables["people"][USER].head(2).tolist(), tables["films"]
    liked = films.loc[films["title"].isin(["Fargo (1996)", "Pulp Fiction (1994)"]), "title"].tolist()
    rows: list[dict[str, Any]] = [{USER: int(person), "count": 5} for person in people]
    return [*rows, {"liked": liked or films["title"].head(2).tolist(), "count": 5}]


def apply(model: Recommender, event: Event, features: dict[str, Any]) -> dict[str, Any]:
    """Return the history of a person after one more rating. A film that was rated before is moved to the end."""
    film = model.number(event.film, field="film")
    rated = dict(zip(features["films"] or [], features["stars"] or [], strict=True))
    rated.pop(film, None)
    return {"films": [*rated, film], "stars": [*rated.values(), float(event.stars)]}
