"""Recommender: which films would somebody watch next?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.bounds import at_least
from capstan.capstone import EVENT_TIMESTAMP, TRAINING_SET
from capstan.resources import COMPUTE, Resources
from pipelines.recommender import data, protocol
from pipelines.recommender.columns import KEYS, SHOWN, USER
from pipelines.recommender.schema import Event, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.capstone import Tables
    from capstan.evaluation import Evaluation
    from pipelines.recommender.model import Recommender

__all__ = ["Event", "Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Which films would somebody watch next?"
FAMILIES = ("torch", "tables")
RESOURCES = Resources({"evaluate": COMPUTE})
CONTRACT_LIMIT = 0.01
FEATURE_SERVICE = "recommender"
ENTITY_KEYS = KEYS
CARRIED = ["films"]
PUSH_SOURCE = "ratings"
# EASE alone has an nDCG of 0.150 over all people, and is measured beside the hybrid in each run.
THRESHOLDS = {"ndcg": at_least(0.155, slack=0.005), "recall": at_least(0.09), "coverage": at_least(0.03)}
WATCHED = 200  # people whose answers monitoring compares


def load(data_dir: Path | None) -> Tables:
    """Return `ratings` and `films`."""
    return data.tables(data_dir)


def count(tables: Tables) -> dict[str, float]:
    """Return the number of ratings, people and films."""
    ratings = tables["ratings"]
    return {"ratings": len(ratings), "people": ratings[USER].nunique(), "films": len(tables["films"])}


def entity_rows(tables: Tables) -> pd.DataFrame:
    """Return one row per person: the moment before the last fifth of the ratings, and the films of that fifth."""
    ratings = tables["ratings"].sort_values([USER, "time"], ignore_index=True)
    held = ratings[protocol.held_out(ratings)]
    rows = held.groupby(USER).agg(held=("film", list), event_timestamp=("time", "min")).reset_index()
    rows[EVENT_TIMESTAMP] -= np.timedelta64(1, "us")
    return rows.assign(count=SHOWN, liked=[np.array([], dtype=object)] * len(rows))


def feature_tables(tables: Tables) -> Tables:
    """Return the history of each person as it was before the last fifth, and as it is at the end."""
    import pandas as pd

    ratings = tables["ratings"].sort_values([USER, "time"], ignore_index=True)
    lists = {"films": ("film", list), "stars": ("stars", list), EVENT_TIMESTAMP: ("time", "max")}
    made = [part.groupby(USER).agg(**lists) for part in (ratings[~protocol.held_out(ratings)], ratings)]
    return {"user_history": pd.concat(made).reset_index()}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return everybody's history without the last fifth, and the same with the films of that fifth as `held`."""
    people = tables[TRAINING_SET]
    films = tables["films"]
    return {"people": people.drop(columns="held"), "films": films}, {"people": people, "films": films}


def train(tables: Tables, seed: int = 0) -> Recommender:
    """Return eight methods and a ranker over them."""
    from pipelines.recommender import training

    return training.fit(tables["people"], tables["films"], seed)


def evaluate(model: Recommender, tables: Tables) -> Evaluation:
    """Return how well the held-out films are ranked, and the same of each single method."""
    from pipelines.recommender import report

    return report.evaluate(model, tables["people"])


def signals(model: Recommender, tables: Tables) -> pd.DataFrame:
    """Return how many films are asked for, on how many ratings an answer rests, and how popular its films are."""
    import pandas as pd

    people = tables["people"].head(WATCHED)
    answers = model.predict_columns({name: people[name].tolist() for name in model.inputs})
    return pd.DataFrame({"count": people["count"].tolist()} | {name: answers[name] for name in ("known", "popularity")})


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
