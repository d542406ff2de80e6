"""What prices would have earned, from weeks in which others were asked: off-policy and doubly robust.

One brand at a time, with all others as they were: no week has a whole proposed shelf. The gain is that over the usual
price. The price of a week belongs to one of five steps around the usual one. Where the logged step is the one in
question, what was earned beyond the demand model's guess counts, weighted by how rarely that step is taken (Dudik,
Langford and Li, "Doubly robust policy evaluation and learning", 2011). It holds where either the demand model or the
probabilities of the steps are right, and some weeks have the step: `off_policy.effective` says how many these are worth
(Kong, 1992). What the other brands gain or lose is the demand model's guess alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from capstan.contract.intervals import difference
from capstan.study import Line
from models.metrics import paired
from models.uplift.off_policy import corrected, effective
from pipelines.pricing.columns import COUNT, PAST
from pipelines.pricing.shelves import Shelves

if TYPE_CHECKING:
    from pipelines.pricing.demand import Demand

EDGES = np.log([0.88, 0.97, 1.03, 1.12])  # of the price, as a part of the usual one
LEAST_PROBABILITY = 0.02  # of a step: weights stay below 50
STEPS, USUAL_STEP = len(EDGES) + 1, 2


class Weeks(NamedTuple):
    """What happened to one brand, and what would have, shapes (n,). step, proposed: of the logged and proposed price.

    earned: dollars of the brand. guessed, hoped, stayed: the demand model's guess at the logged, the proposed and the
    usual price. others: what the other brands would have gained over the usual price, by the model. moved: whether the
    proposal is another price than the usual one.
    """

    step: np.ndarray
    proposed: np.ndarray
    earned: np.ndarray
    guessed: np.ndarray
    hoped: np.ndarray
    stayed: np.ndarray
    others: np.ndarray
    moved: np.ndarray


def steps(price: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Return the step of prices, 0 to 4: 2 is the usual price."""
    return np.asarray(np.searchsorted(EDGES, np.log(price / usual)))


def weeks_of(demand: Demand, rows: Shelves, past: Shelves, brand: int, prices: np.ndarray) -> Weeks:
    """Return what a brand's weeks were, and what its proposed price is thought to earn. prices: proposed, (n, 11)."""
    sold = np.exp(demand.forecast(rows, past)) * demand.lift
    elasticity = demand.elasticities(rows.store)[:, :, brand]
    margin, cost, usual = rows.price - rows.cost, rows.cost[:, brand], rows.usual[:, brand]

    def guess(price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        factor = np.exp(elasticity * np.log(price / rows.price[:, brand])[:, None])
        others = factor * margin * sold
        others[:, brand] = 0
        return (price - cost) * sold[:, brand] * factor[:, brand], others.sum(axis=1)

    (hoped, others), (stayed, quiet) = guess(prices[:, brand]), guess(usual)
    moved = (rows.feat[:, brand] == 0) & ~np.isclose(prices[:, brand], usual)
    return Weeks(
        *(steps(rows.price[:, brand], usual), steps(prices[:, brand], usual)),
        *(margin[:, brand] * np.exp(rows.sold[:, brand]), margin[:, brand] * sold[:, brand]),
        *(hoped, stayed, others - quiet, moved),
    )


def context(rows: Shelves, past: Shelves, brand: int) -> np.ndarray:
    """Return what the probabilities of a price follow: features, deals, two weeks' prices, the margin, shape (n, 6)."""
    usual = rows.usual[:, brand]
    last = np.log(past.price.reshape(-1, PAST - 1, COUNT)[:, -2:, brand] / usual[:, None])
    margin = np.log(usual / rows.cost[:, brand])
    others = rows.feat.sum(axis=1) - rows.feat[:, brand]
    return np.column_stack([rows.feat[:, brand], rows.deal[:, brand], last, margin, others])


def probabilities(learned: tuple[np.ndarray, np.ndarray], asked: np.ndarray) -> np.ndarray:
    """Return the probability of each step, shape (n, 5), at least 0.02. learned: context and steps of other weeks."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probability = np.zeros((len(asked), STEPS))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(*learned)
    probability[:, model.classes_] = model.predict_proba(asked)
    return np.maximum(probability, LEAST_PROBABILITY)


def weighted(week: Weeks, probability: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Return the weight of each row: where it has the step, one by the probability of that, shape (n,)."""
    return np.asarray((week.step == step) * week.moved / probability[np.arange(len(step)), step])


def estimates(week: Weeks, probability: np.ndarray) -> dict[str, np.ndarray]:
    """Return the gain over the usual price in dollars, a value per row: by the model, and doubly robust."""

    def robust(step: np.ndarray, guess: np.ndarray) -> np.ndarray:
        return corrected(week.moved * guess, weighted(week, probability, step), week.earned, week.guessed)

    still = np.full(len(week.step), USUAL_STEP)
    others = week.moved * week.others
    return {
        "model": week.moved * (week.hoped - week.stayed) + others,
        "doubly_robust": robust(week.proposed, week.hoped) - robust(still, week.stayed) + others,
    }


def line(demand: Demand, past: tuple[Shelves, Shelves], test: tuple[Shelves, Shelves], prices: np.ndarray) -> Line:
    """Return the gain of prices in dollars per store and week, added over brands, with 95 % intervals over weeks.

    past, test: weeks, and the eight before each. Probabilities are learned from the past, where demand was, too.
    """
    gains: dict[str, list[np.ndarray]] = {}
    moved, worth = 0, 0.0
    for brand in range(COUNT):
        known = steps(past[0].price[:, brand], past[0].usual[:, brand])
        week = weeks_of(demand, *test, brand, prices)
        probability = probabilities((context(*past, brand), known), context(*test, brand))
        moved, worth = moved + int(week.moved.sum()), worth + effective(weighted(week, probability, week.proposed))
        for kind, gain in estimates(week, probability).items():
            gains.setdefault(kind, []).append(gain)
    figures: Line = {"moved": moved / len(test[0]), "worth": worth}
    for kind, parts in gains.items():
        units = paired.by_unit(np.sum(parts, axis=0), test[0].week)
        figures |= dict(
            zip((kind, f"{kind}_low", f"{kind}_high"), difference(units, np.zeros(len(units))), strict=True)
        )
    return figures
