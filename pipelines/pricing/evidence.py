"""What the last year of the training weeks says of the demand, each quarter forecast by a model of the weeks before.

Brands err together in a week, so the band of profit takes whole weeks of errors. By brand, actual
changes of profit are regressed on predicted ones, over the weeks whose price was near the usual one and not advertised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from capstan.errors import CapstanError
from models.linear.instrumental import least_squares, without
from pipelines.pricing import demand, rules
from pipelines.pricing.columns import COUNT, PAST
from pipelines.pricing.demand import Demand
from pipelines.pricing.shelves import Shelves

QUARTERS, LENGTH = 4, 13  # weeks that are held out: a year
SURE = 1.96  # standard errors: 95 %
OUTSIDE = 0.1  # of the weeks below the band, and above it


@dataclass(frozen=True)
class Evidence:
    """left: log of packages without the forecast, a row per held-out week of a store, (n, 11). weeks: how many.

    share: of predicted changes of profit that came true, by brand, with its standard `error`, robust to what a week
    shares, (11,). apart: standard deviation of `left` among the stores of a week, (11,).
    """

    left: np.ndarray
    weeks: int
    share: np.ndarray
    error: np.ndarray
    apart: np.ndarray

    @property
    def proven(self) -> np.ndarray:
        """Whether the predicted changes of each brand came true, shape (11,)."""
        return np.asarray(self.share > SURE * self.error)

    @property
    def tails(self) -> tuple[float, float]:
        """Where the band ends: as many of the held-out weeks as a new one needs (Vovk et al., conformal, 2005)."""
        low = np.floor(OUTSIDE * (self.weeks + 1)) / self.weeks
        return float(low), min(float(np.ceil((1 - OUTSIDE) * (self.weeks + 1)) / self.weeks), 1.0)

    def band(self, profits: np.ndarray) -> np.ndarray:
        """Return the band of 80 % of a shelf's profit, (2, n). profits: of brands, without `lift`, (n, 11)."""
        return np.asarray(np.quantile(profits @ np.exp(self.left).T, self.tails, axis=1))


NONE = Evidence(np.zeros((1, COUNT)), 1, np.zeros(COUNT), np.ones(COUNT), np.ones(COUNT))


def fit(rows: Shelves, past: Shelves) -> Evidence:
    """Return the evidence of the weeks to learn from. Raises CapstanError where no quarter has enough before it."""
    end = rows.week.max() + 1
    left, week, changes = [], [], []
    for start in range(end - QUARTERS * LENGTH, end, LENGTH):
        before, held = rows.week < start, (rows.week >= start) & (rows.week < start + LENGTH)
        try:
            learned = demand.fit(*taken(rows, past, before))
        except CapstanError:
            if start + LENGTH >= end:
                raise
            continue
        quarter = taken(rows, past, held)
        left.append(quarter[0].sold - learned.forecast(*quarter))
        week.append(quarter[0].week)
        changes.append(changed(learned, *quarter))
    weeks, errors = np.concatenate(week), np.concatenate(left)
    predicted, actual, near = (np.concatenate(part) for part in zip(*changes, strict=True))
    share, error = shares(predicted, actual, near, weeks)
    return Evidence(errors, len(np.unique(weeks)), share, error, without(errors, weeks).std(axis=0))


def taken(rows: Shelves, past: Shelves, kept: np.ndarray) -> tuple[Shelves, Shelves]:
    """Return some of the weeks, and those before each."""
    return rows.take(kept), past.take(np.repeat(kept, PAST - 1))


def changed(learned: Demand, rows: Shelves, past: Shelves) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return by how much the profit of each brand was to differ from that at usual prices, by how much it did, and
    where the price was near the usual one without an advertisement, (n, 11)."""
    sold = np.exp(learned.forecast(rows, past)) * learned.lift
    moved, margin = np.log(rows.price / rows.usual), rows.price - rows.cost
    usual = (rows.usual - rows.cost) * sold
    usual *= np.exp(-(learned.elasticities(rows.store) @ moved[..., None])[..., 0])
    near = (rows.feat == 0) & (np.abs(np.expm1(moved)) <= rules.MOST_CHANGE + 1e-9)
    return margin * sold - usual, margin * np.exp(rows.sold) - usual, near


def shares(predicted: np.ndarray, actual: np.ndarray, near: np.ndarray, week: np.ndarray) -> np.ndarray:
    """Return what share of the changes of each brand came true, and its error, (2, 11). Arguments: see `changed`."""
    return np.array([slope(actual[own, brand], predicted[own, brand], week[own]) for brand, own in enumerate(near.T)]).T


def slope(actual: np.ndarray, predicted: np.ndarray, week: np.ndarray) -> tuple[float, float]:
    """Return what share of the predicted changes came true, and its error: (0, 1) where nothing was predicted."""
    if len(actual) < COUNT or predicted.std() == 0:
        return 0.0, 1.0
    columns = np.column_stack([predicted, np.ones(len(predicted))])
    return least_squares(actual, columns, columns, week)
