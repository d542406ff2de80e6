"""The trial of a price that would be worth most: one brand, two prices, in all stores.

Half of the stores ask each price, and change over in the middle, so what a week does to all stores cancels. The sample
is that of a comparison of two means, with 80 % power at a level of 5 %: Cohen, "Statistical power analysis" (1988).

Reference: the sample of statsmodels.stats.power.NormalIndPower, within a store-week.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.pricing.shelf import Choices, profit

POWER = 1.96 + 0.84  # standard errors
LEAST_WEEKS, MOST_WEEKS = 4, 26  # people stock up: a change is not known after one week


class Trial(NamedTuple):
    """A brand, by number, the price to try next to its base price, and what so many weeks find.

    detects: the smallest difference of the log of packages.
    """

    brand: int
    price: float
    weeks: int
    detects: float


def sample(apart: float, effect: float) -> float:
    """Return the store-weeks that find a difference of means, of both prices together. apart: standard deviation."""
    return 4 * (POWER * apart / effect) ** 2


def best(
    shelf: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    tried: Choices,
    free: np.ndarray,
    apart: np.ndarray,
    stores: int,
) -> Trial | None:
    """Return the trial whose price is expected to gain most, None where none is decided in half a year.

    shelf: base prices, packages, costs and elasticities. free: which brands may be tried, (brands,). apart: standard
    deviation of the log of packages among the stores of a week, (brands,).
    """
    base, _, cost, elasticity = shelf
    before, found, most = profit(base, *shelf).sum(), None, 0.0
    for brand, price in zip(*tried, strict=True):
        if not free[brand] or price == base[brand] or min(price, base[brand]) <= cost[brand]:
            continue
        gain = profit(np.where(np.arange(len(base)) == brand, price, base), *shelf).sum() - before
        # From the change of packages that the brand's own profit bears to the one that is expected.
        bears = np.log((base[brand] - cost[brand]) / (price - cost[brand]))
        effect = max(abs(elasticity[brand, brand] * np.log(price / base[brand]) - bears), 1e-3)
        weeks = max(LEAST_WEEKS, int(np.ceil(sample(apart[brand], effect) / stores)))
        if gain > most and weeks <= MOST_WEEKS:
            least = POWER * apart[brand] * np.sqrt(4 / (stores * weeks))
            found, most = Trial(int(brand), float(price), weeks, float(least)), gain
    return found
