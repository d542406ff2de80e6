"""Demand of each brand in each store: a log-log mixed model, and a level that follows the last weeks.

The log of packages sold follows own and other prices, the own price of the week before (who stocked up buys less),
deals and features, and holidays. Store, own price and feature have effects of each store, shrunk towards those of the
chain. Prices are centred on the store's own mean, so changes are learned from, and not that expensive stores have other
customers. Cross elasticities are shrunk towards what the size of a brand says: 95 weeks say little of 110 of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from capstan.errors import CapstanError
from data_sets import orange_juice_weeks as weeks
from models.linear import mixed
from models.linear.shrinkage import shrunk
from pipelines.pricing.columns import BRANDS, COUNT, PAST
from pipelines.pricing.shelves import Shelves

LEAST_STORES, LEAST_WEEKS = 5, 30  # to learn from
LEAST_CHANGE = 0.02  # standard deviation of the log price of a brand within stores: less says nothing of demand
LEVEL, OWN, FEATURE, BEFORE = range(4)  # columns of the design; the first three differ among stores


class Settings(NamedTuple):
    """What was chosen on weeks before those that test, by the study `tune`. waves: of a year, for the season.

    half_life: weeks in which a residual says half as much about the next. carried: how much of their mean stays.
    """

    waves: int = 0
    half_life: float = 4.0
    carried: float = 0.7


CHOSEN = Settings()


@dataclass(frozen=True)
class Demand:
    """What was learned. stores: (s,). centre: mean log price, (s, 11). brands: a mixed model each, without the prices
    of other brands. cross: percent of sales of brand i by one percent of the price of brand j, (11, 11), zero for its
    own, with the variances of what they were shrunk from and to, `doubt`.

    noise: standard deviation of the log of sales around the forecast, (11,). lift: mean of e to the residual, (11,).
    """

    stores: np.ndarray
    centre: np.ndarray
    brands: list[mixed.Mixed]
    cross: np.ndarray
    doubt: np.ndarray
    noise: np.ndarray
    lift: np.ndarray
    settings: Settings

    def places(self, stores: np.ndarray) -> np.ndarray:
        """Return the place of each store, -1 for one that is not known, shape (n,)."""
        found = np.minimum(np.searchsorted(self.stores, stores), len(self.stores) - 1)
        return np.where(self.stores[found] == stores, found, -1)

    def structural(self, rows: Shelves) -> np.ndarray:
        """Return the log of packages without the level of the last weeks, shape (n, 11). All stores must be known."""
        place = self.places(rows.store)
        logs: np.ndarray = (np.log(rows.price) - self.centre[place]) @ self.cross.T
        for brand, model in enumerate(self.brands):
            x, z = design(rows, self.centre[place], brand, self.settings.waves)
            logs[:, brand] += x @ model.fixed + (z * model.effects[place]).sum(axis=1)
        return logs

    def level(self, past: Shelves) -> np.ndarray:
        """Return what the eight weeks before say beyond prices and season, shape (n, 11). past: 8 n weeks."""
        residual = (past.sold - self.structural(past)).reshape(-1, PAST - 1, COUNT)
        ages = np.arange(PAST - 2, -1, -1)
        weight = 0.5 ** (ages / self.settings.half_life)
        return np.asarray(self.settings.carried * (weight[:, None] * residual).sum(axis=1) / weight.sum())

    def forecast(self, rows: Shelves, past: Shelves) -> np.ndarray:
        """Return the log of packages of each week, given the eight before, shape (n, 11)."""
        return np.asarray(self.structural(rows) + self.level(past))

    def elasticities(self, stores: np.ndarray) -> np.ndarray:
        """Return by what percent the sales of brand i change with one percent of the price of brand j, (n, i, j)."""
        own = np.column_stack([brand.fixed[OWN] + brand.effects[self.places(stores), OWN] for brand in self.brands])
        return np.asarray(self.cross + own[:, :, None] * np.eye(COUNT))

    def variance(self, store: int) -> np.ndarray:
        """Return how unsure the elasticities of a store are, as variances, shape (11, 11)."""
        place = self.places(np.array([store]))[0]
        own = np.array([brand.covariance[OWN, OWN] + brand.spread[place, OWN, OWN] for brand in self.brands])
        return np.asarray(self.doubt + np.diag(own))


def design(rows: Shelves, centre: np.ndarray, brand: int, waves: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what the sales of a brand follow, without other prices: for the chain, (n, p), for each store, (n, 3)."""
    own = np.log(rows.price[:, brand]) - centre[:, brand]
    before = np.log(rows.before[:, brand]) - centre[:, brand]
    feat, deal = rows.feat[:, brand], rows.deal[:, brand]
    others = rows.feat.sum(axis=1) - feat
    level = np.ones(len(rows))
    return (
        np.column_stack([level, own, feat, before, deal, others, weeks.calendar(rows.week, waves)]),
        np.column_stack([level, own, feat]),
    )


def fit(rows: Shelves, past: Shelves, settings: Settings = CHOSEN) -> Demand:
    """Return the demand. past: the eight weeks before each row.

    Raises CapstanError where there is too little to learn from.
    """
    stores, place = enough(rows)
    logs = np.log(rows.price)
    centre = mixed.sums(place, len(stores), logs) / np.bincount(place)[:, None]
    changes = logs - centre[place]
    dull = changes.std(axis=0) < LEAST_CHANGE
    if dull.any():
        named = ", ".join(name for name, flag in zip(BRANDS, dull, strict=True) if flag)
        raise CapstanError(f"The prices of {named} hardly change within a store: nothing is learned about demand.")
    packages = np.exp(rows.sold).sum(axis=0)
    found, variance = crossed(rows, centre[place], changes, settings.waves)
    share, off = np.broadcast_to(packages / packages.sum(), found.shape), ~np.eye(COUNT, dtype=bool)
    cross, doubt = np.zeros((2, COUNT, COUNT))
    # A small brand that gets more expensive sends few customers to others, as in a logit.
    cross[off], doubt[off] = shrunk(found[off], variance[off], share[off])
    rest = rows.sold - changes @ cross.T
    brands = [
        mixed.fit(rest[:, brand], *design(rows, centre[place], brand, settings.waves), rows.store, rows.week)
        for brand in range(COUNT)
    ]
    plain = Demand(stores, centre, brands, cross, doubt, np.ones(COUNT), np.ones(COUNT), settings)
    left = rows.sold - plain.forecast(rows, past)
    return replace(plain, noise=left.std(axis=0), lift=np.exp(left).mean(axis=0))


def enough(rows: Shelves) -> tuple[np.ndarray, np.ndarray]:
    """Return the stores, and the place of each row's among them. Raises CapstanError where there are too few weeks."""
    stores, place = np.unique(rows.store, return_inverse=True)
    middle = np.median(np.bincount(place)) if len(place) else 0
    if len(stores) < LEAST_STORES or middle < LEAST_WEEKS:
        raise CapstanError(
            f"{len(stores)} stores with {middle:.0f} weeks each are too few to learn demand from; "
            f"{LEAST_STORES} stores and {LEAST_WEEKS} weeks are needed."
        )
    return stores, place


def crossed(rows: Shelves, centre: np.ndarray, changes: np.ndarray, waves: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cross elasticities as they come out, (11, 11), and their variances, robust to what a week shares."""
    elasticity, variance = np.zeros((2, COUNT, COUNT))
    for brand in range(COUNT):
        others = np.arange(COUNT) != brand
        x, z = design(rows, centre, brand, waves)
        model = mixed.fit(rows.sold[:, brand], np.column_stack([x, changes[:, others]]), z, rows.store, rows.week)
        elasticity[brand, others] = model.fixed[x.shape[1] :]
        variance[brand, others] = np.diag(model.covariance)[x.shape[1] :]
    return elasticity, variance
