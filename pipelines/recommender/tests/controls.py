"""What must not become champion: see tests/support/controls.py."""

import numpy as np

from models.recommendation.histories import histories
from pipelines.recommender import methods, training
from pipelines.recommender.catalogue import catalogue
from pipelines.recommender.model import Recommender
from tests.support.controls import Parts, Tables, cut

PEOPLE = 150
SETTINGS: dict[str, object] = {}


def fewer(data: Parts) -> Parts:
    """Leave the first people, to learn from and to test on."""
    past, test = (part | {"people": part["people"].head(PEOPLE)} for part in data)
    return past, test


def shuffled_films(data: Parts) -> Parts:
    """Give the films of each history to anybody: how often a film was rated stays, and nothing else."""
    people = data[0]["people"]
    order = np.random.default_rng(0).permutation(np.concatenate(people["films"].tolist()))
    ends = np.cumsum(people["films"].map(len))[:-1]
    films = [np.unique(part) for part in np.split(order, ends)]
    stars = [ratings[: len(part)] for ratings, part in zip(people["stars"], films, strict=True)]
    return data[0] | {"people": people.assign(films=films, stars=stars)}, data[1]


CONTROLS = {"films of anybody": shuffled_films, "20 people": cut("people", 20)}


def baseline(past: Tables) -> Recommender:
    """Return neighbours among people in the place of EASE."""
    model = training.fit(past["people"], past["films"], seed=0)
    people = histories(past["people"]["films"], past["people"]["stars"], model.catalogue.numbers)
    model.served = methods.one("user_knn", people, catalogue(past["films"]))
    return model
