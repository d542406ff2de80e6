"""What must not become champion: see tests/support/controls.py."""

import numpy as np

from pipelines.recommender import methods
from pipelines.recommender.catalogue import catalogue
from pipelines.recommender.histories import Histories, histories
from pipelines.recommender.methods import METHODS
from pipelines.recommender.model import Recommender
from pipelines.recommender.ranker import Hybrid, Inputs
from pipelines.recommender.report import alone
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
    stars = [given[: len(part)] for given, part in zip(people["stars"], films, strict=True)]
    return data[0] | {"people": people.assign(films=films, stars=stars)}, data[1]


CONTROLS = {"films of anybody": shuffled_films, "20 people": cut("people", 20)}


class EaseAlone(Hybrid):
    """EASE in the place of the ranker."""

    def rank(self, inputs: Inputs, past: Histories) -> tuple[np.ndarray, np.ndarray]:
        """Return the first 100 films of EASE for each history, and no scores."""
        films = alone(inputs.methods["ease"], past, METHODS["ease"].weighting, 100)
        return films, np.zeros(films.shape)

    def importance(self, inputs: Inputs) -> dict[str, float]:
        """Return that EASE decides."""
        return {"ease": 1.0}


def baseline(past: Tables) -> Recommender:
    """Return EASE alone."""
    films = catalogue(past["films"])
    people = histories(past["people"]["films"], past["people"]["stars"], films.numbers)
    return Recommender(films, Inputs(methods.fit(people, films), films, people), EaseAlone())
