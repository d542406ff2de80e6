"""Would an A/B test with the platform's split find that EASE is better?

The clicks are simulated. Each person opens the page once. The hash of `capstan ab` decides by the person's key which
variant answers: neighbours among films are the champion, EASE is the challenger. The held-out ratings say what the
person wants. Somebody looks at the places from the top, at each further one with the probability LOOKS, and clicks the
first film that is wanted.

The test: two proportions, pooled, two-sided, at 5 %. Its unit is the person, as that of the split is. It is repeated
with other keys, to see how often it finds the difference (its power), and how often one that is not there (A/A).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from capstan.rollout.traffic import Traffic
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from data_sets import movielens as data
from pipelines.recommender import methods, protocol, report
from pipelines.recommender.catalogue import catalogue
from pipelines.recommender.columns import SHOWN
from pipelines.recommender.methods import METHODS

CHAMPION, CHALLENGER = "item_knn", methods.SERVED
LOOKS = 0.85  # as in rank-biased precision (Moffat and Zobel, 2008)
LEVEL = 0.05
PERCENT, REPEATS = 50, 1_000


def clicks(ranked: np.ndarray, wanted: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Return whether each person clicks one of the films shown, shape (n,)."""
    seen = rng.geometric(1 - LOOKS, len(ranked))  # places that somebody looks at, at least one
    shown = ranked[:, :SHOWN]
    return np.array([np.isin(row[:count], held).any() for row, count, held in zip(shown, seen, wanted, strict=True)])


def two_proportions(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Return the difference of the rates of two groups, second less first, and its p-value, two-sided, pooled."""
    from scipy.stats import norm

    n, m = len(first), len(second)
    rate = (first.sum() + second.sum()) / (n + m)
    error = np.sqrt(rate * (1 - rate) * (1 / n + 1 / m))
    difference = float(second.mean() - first.mean())
    return difference, float(2 * norm.sf(abs(difference) / error)) if error else 1.0


def experiment(
    champion: np.ndarray, challenger: np.ndarray, people: list[int], percent: float, salt: str = ""
) -> dict[str, float]:
    """Return what one A/B test finds. Clicks are given for each person and variant; the split decides which counts."""
    traffic = Traffic("ab", percent)
    asked = np.array([traffic.variant(f"{person}{salt}") == "challenger" for person in people])
    difference, p = two_proportions(champion[~asked], challenger[asked])
    return {
        "champion_people": int((~asked).sum()),
        "champion_rate": float(champion[~asked].mean()),
        "challenger_people": int(asked.sum()),
        "challenger_rate": float(challenger[asked].mean()),
        "difference": difference,
        "p": p,
    }


def simulate(
    rankings: tuple[np.ndarray, np.ndarray], wanted: list[np.ndarray], people: list[int], percent: float, repeats: int
) -> dict[str, Any]:
    """Return one experiment with the people's own keys, its power, and how often an A/A test finds a difference."""
    rng = np.random.default_rng(0)
    champion, challenger = rankings
    first = experiment(clicks(champion, wanted, rng), clicks(challenger, wanted, rng), people, percent)
    counts = {"power": 0, "false_positives": 0}
    for repeat in range(repeats):
        salt, base = f"#{repeat}", clicks(champion, wanted, rng)
        counts["power"] += experiment(base, clicks(challenger, wanted, rng), people, percent, salt)["p"] < LEVEL
        counts["false_positives"] += experiment(base, base, people, percent, salt)["p"] < LEVEL
    return {"experiment": first, "repeats": repeats} | {name: int(count) / repeats for name, count in counts.items()}


def simulated() -> Iterator[Line]:
    """Yield what each variant had in one test, and how often repeated tests find a difference."""
    tables = data.tables(settings().data_dir)
    films, people = catalogue(tables["films"]), protocol.people(tables["ratings"])
    test = report.HeldOut(people, films)
    fitted = methods.fit(test.past, films, names=(CHAMPION, CHALLENGER))
    champion, challenger = (report.alone(method, test.past, METHODS[name].weighting) for name, method in fitted.items())
    result = simulate((champion, challenger), test.held, people.index.tolist(), PERCENT, REPEATS)
    found = result.pop("experiment")
    for role, name in (("champion", "neighbours among films"), ("challenger", "EASE")):
        yield {"variant": name, "people": found[f"{role}_people"], "clicked": found[f"{role}_rate"]}
    yield {"part": "repeated", "difference": found["difference"], "p": found["p"]} | result


STUDY = Study(
    measures=[Measure(simulated, seeds=0)],
    tables=[
        Table(
            {"variant": "variant"},
            {
                "people": lambda rows: f"{rows['people'].iloc[0]:.0f}",
                "clicked, %": lambda rows: f"{100 * rows['clicked'].iloc[0]:.1f}",
            },
            "simulated",
        ),
        Table(
            {"repeats": "repeats"},
            {
                "difference of the first test, points": lambda rows: f"{100 * rows['difference'].iloc[0]:.1f}",
                "its p": lambda rows: f"{rows['p'].iloc[0]:.2f}",
                "tests that find a difference, %": lambda rows: f"{100 * rows['power'].iloc[0]:.1f}",
                "and with equal variants, %": lambda rows: f"{100 * rows['false_positives'].iloc[0]:.1f}",
            },
            "repeated",
            lambda lines: lines.astype({"repeats": int}),
        ),
    ],
)
