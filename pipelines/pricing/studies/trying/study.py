"""Are prices learned by trying them, in stores that the learner never saw?

The simulator has the demand of half of the stores, with the noise that the demand model leaves. The learner begins with
what the other half of the stores says, and sets prices for a year. Thompson sampling draws a demand from what it
believes, asks the best prices of it, and learns from what is sold. Five divisions; intervals are over stores.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from capstan.contract.intervals import difference
from capstan.study import Line, Measure, Study, Table, ranged
from pipelines.pricing import demand, rules, shelves
from pipelines.pricing.demand import Demand
from pipelines.pricing.shelves import Shelves
from pipelines.pricing.studies import known
from pipelines.pricing.studies.numbers import number

WEEKS = 52
POINTS = np.linspace(1 - 2 * rules.MOST_CHANGE, 1 + 2 * rules.MOST_CHANGE, 17)  # of the usual price
KEEP, BELIEVE, THOMPSON, KNOW = "usual prices", "best by the other stores", "Thompson sampling", "demand known"
POLICIES = (KEEP, BELIEVE, THOMPSON, KNOW)


class World(NamedTuple):
    """Stores that sell. Shapes: (s, 11). level: log of packages at the usual price. own: elasticities. noise: (11,).

    cost: as a part of the usual price. price: the usual one, dollars.
    """

    level: np.ndarray
    own: np.ndarray
    noise: np.ndarray
    cost: np.ndarray
    price: np.ndarray


class Belief(NamedTuple):
    """A normal belief of each store and brand about (level, own elasticity): (s, 11, 2) and (s, 11, 2, 2)."""

    mean: np.ndarray
    precision: np.ndarray


def world(learned: Demand, rows: Shelves, past: Shelves) -> World:
    """Return the stores as their demand, learned from them alone, says. rows: their last weeks."""
    middle = rows.usual
    usual = Shelves(**vars(rows) | {"price": middle, "feat": np.zeros_like(rows.feat)})
    own = np.diagonal(learned.elasticities(rows.store), axis1=1, axis2=2)
    return World(learned.forecast(usual, past), own, learned.noise, shelves.usual_cost(past) / middle, middle)


def prior(other: Demand, level: np.ndarray) -> Belief:
    """Return what is believed of new stores: their level is known but for the noise, the elasticity as elsewhere."""
    own = np.array([brand.fixed[demand.OWN] for brand in other.brands])
    wide = np.array(
        [brand.between[demand.OWN, demand.OWN] + brand.covariance[demand.OWN, demand.OWN] for brand in other.brands]
    )
    mean = np.stack([level, np.broadcast_to(own, level.shape)], axis=-1)
    precision = np.zeros((*level.shape, 2, 2))
    precision[..., 0, 0], precision[..., 1, 1] = 1 / 0.1**2, 1 / wide
    return Belief(mean, precision)


def best(of: World, level: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the prices, as parts of the usual ones, that earn most by a demand, shape (s, 11)."""
    sold = np.exp(level[..., None] + own[..., None] * np.log(POINTS))
    margin = POINTS - of.cost[..., None]
    earned = np.where(margin > rules.LEAST_MARGIN * POINTS, margin * sold, -np.inf)
    return np.asarray(POINTS[earned.argmax(axis=-1)])


def lived(of: World, start: Belief, policy: str, seed: int) -> np.ndarray:
    """Return the mean profit of a week of each store, dollars, over a year of a policy, shape (s,)."""
    random = np.random.default_rng(seed)
    mean, precision = start
    earned = np.zeros(len(of.level))
    for _ in range(WEEKS):
        luck = random.normal(size=of.level.shape) * of.noise  # the same for each policy: drawn before its own draws
        dice = random.normal(size=mean.shape)
        if policy == THOMPSON:
            root = np.linalg.cholesky(np.linalg.inv(precision))
            thought = mean + (root @ dice[..., None])[..., 0]
        else:
            thought = start.mean if policy == BELIEVE else np.stack([of.level, of.own], axis=-1)
        asked = np.ones_like(of.level) if policy == KEEP else best(of, thought[..., 0], thought[..., 1])
        sold = of.level + of.own * np.log(asked) + luck
        earned += (of.price * (asked - of.cost) * np.exp(sold)).sum(axis=1)
        seen = np.stack([np.ones_like(asked), np.log(asked)], axis=-1)
        added = seen[..., :, None] * seen[..., None, :] / of.noise[:, None, None] ** 2
        mixed = (precision @ mean[..., None])[..., 0] + seen * (sold / of.noise**2)[..., None]
        precision = precision + added
        mean = np.linalg.solve(precision, mixed[..., None])[..., 0]
    return np.asarray(earned / WEEKS)


def halves(stores: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the stores in two random halves."""
    shuffled = np.random.default_rng(seed).permutation(np.unique(stores))
    return shuffled[: len(shuffled) // 2], shuffled[len(shuffled) // 2 :]


def year(seed: int) -> Iterator[Line]:
    """Yield a line per policy: dollars of a week and store, and the gain over usual prices with its interval."""
    past = known.parts()[0]
    first, second = halves(past[0].store, seed)
    elsewhere, (rows, before) = (known.taken(past, np.isin(past[0].store, stores)) for stores in (first, second))
    believed, own = demand.fit(*elsewhere), demand.fit(rows, before)
    of = world(own, *known.taken((rows, before), rows.week == rows.week.max()))
    start = prior(believed, of.level)
    usual = lived(of, start, KEEP, seed)
    for policy in POLICIES:
        earned = lived(of, start, policy, seed)
        mean, low, high = difference(earned, usual)
        line: Line = {"policy": policy, "stores": len(usual), "profit": float(earned.mean())}
        yield line | {"gain": mean, "gain_low": low, "gain_high": high}


STUDY = Study(
    measures=[Measure(year)],
    tables=[
        Table(
            {"prices of a year": "policy"},
            {"$ a week and store": number("profit", 1), "more than usual prices": ranged("gain", 1)},
        )
    ],
)
