"""What proposed prices would have earned, from weeks in which others were asked: off-policy and doubly robust.

One brand at a time, with all others as they were: no week has a whole proposed shelf. A featured brand keeps the price
of its advertisement. The price of a week belongs to one of five steps around the usual one. Where the logged step is
the proposed one, what was earned beyond the demand model's guess counts, weighted by how rarely that step is taken
(Dudik, Langford and Li, "Doubly robust policy evaluation and learning", 2011). It holds where either the demand model
or the probabilities of the steps are right, and some weeks have the proposed step: `off_policy.effective` says how many
these are worth (Kong, 1992). What the other brands gain or lose is the demand model's guess alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from capstan.contract.intervals import difference
from capstan.study import Line
from models.metrics import paired
from models.uplift.off_policy import corrected, effective, normalized
from pipelines.pricing import rules, shelves
from pipelines.pricing.columns import BRANDS, COUNT, PAST
from pipelines.pricing.shelves import Shelves

if TYPE_CHECKING:
    from pipelines.pricing.demand import Demand

EDGES = np.log([0.88, 0.97, 1.03, 1.12])  # of the price, as a part of the usual one
LEAST_PROBABILITY = 0.02  # of a step: weights stay below 50
STEPS = len(EDGES) + 1
ALL = "all, one at a time"
POINTS = 9  # prices that are tried, evenly from the least to the most


class Weeks(NamedTuple):
    """What happened to one brand, and what would have. step, proposed: of the logged and the proposed price, (n,).

    earned: dollars of the brand. guessed, hoped: the demand model's guess at the logged and at the proposed price.
    others: what the other brands would have gained, by the model. free: whether the brand is not featured.
    """

    step: np.ndarray
    proposed: np.ndarray
    earned: np.ndarray
    guessed: np.ndarray
    hoped: np.ndarray
    others: np.ndarray
    free: np.ndarray


def steps(price: np.ndarray, usual_price: np.ndarray) -> np.ndarray:
    """Return the step of prices, 0 to 4: 2 is the usual price."""
    return np.asarray(np.searchsorted(EDGES, np.log(price / usual_price)))


def weeks_of(demand: Demand, rows: Shelves, past: Shelves, brand: int, change: float = rules.MOST_CHANGE) -> Weeks:
    """Return what a brand's weeks were, and what the best price of the brand alone is thought to earn.

    The proposal knows what is known before the week: forecasts, costs, and which brands will be featured.
    """
    sold = np.exp(demand.forecast(rows, past)) * demand.lift
    elasticity = demand.elasticities(rows.store)[:, :, brand]
    margin, cost, middle = rows.price - rows.cost, rows.cost[:, brand], shelves.usual(past)[:, brand]
    least = cost / (1 - rules.LEAST_MARGIN)
    tried = np.maximum(np.linspace(1 - change, 1 + change, POINTS)[:, None] * middle, least)
    factor = np.exp(elasticity * np.log(tried / rows.price[:, brand])[..., None])
    others = (factor - 1) * margin * sold
    others[..., brand] = 0
    own = (tried - cost) * sold[:, brand] * factor[..., brand]
    best = (own + others.sum(axis=-1)).argmax(axis=0), np.arange(len(rows))
    return Weeks(
        steps(rows.price[:, brand], middle),
        steps(tried[best], middle),
        margin[:, brand] * np.exp(rows.sold[:, brand]),
        margin[:, brand] * sold[:, brand],
        own[best],
        others.sum(axis=-1)[best],
        rows.feat[:, brand] == 0,
    )


def context(rows: Shelves, past: Shelves, brand: int) -> np.ndarray:
    """Return what the probabilities of a price follow: features, deals, two weeks' prices, the margin, shape (n, 6)."""
    middle = shelves.usual(past)[:, brand]
    last = np.log(past.price.reshape(-1, PAST - 1, COUNT)[:, -2:, brand] / middle[:, None])
    margin = np.log(middle / rows.cost[:, brand])
    others = rows.feat.sum(axis=1) - rows.feat[:, brand]
    return np.column_stack([rows.feat[:, brand], rows.deal[:, brand], last, margin, others])


def probabilities(learned: tuple[np.ndarray, np.ndarray], asked: np.ndarray) -> np.ndarray:
    """Return the probability of each step, shape (n, 5), at least 0.02. learned: context and steps of other weeks."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    made = np.zeros((len(asked), STEPS))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(*learned)
    made[:, model.classes_] = model.predict_proba(asked)
    return np.maximum(made, LEAST_PROBABILITY)


def weighted(week: Weeks, probability: np.ndarray) -> np.ndarray:
    """Return the weight of each row: where it has the proposed step, one by the probability of that, shape (n,)."""
    return np.asarray((week.step == week.proposed) * week.free / probability[np.arange(len(week.step)), week.proposed])


def estimates(week: Weeks, probability: np.ndarray) -> dict[str, np.ndarray]:
    """Return the gain over the logged prices in dollars, a value per row: by the model, by weights, and by both."""
    weight = weighted(week, probability)
    scaled = normalized(weight) * week.free.mean()
    return {
        "model": week.free * (week.hoped + week.others - week.guessed),
        "weights": scaled * week.earned - week.free * (week.earned - week.others),
        "doubly robust": week.free * (week.others - week.earned)
        + corrected(week.free * week.hoped, weight, week.earned, week.guessed),
    }


def lines(demand: Demand, past: tuple[Shelves, Shelves], test: tuple[Shelves, Shelves]) -> Iterator[Line]:
    """Yield a line per brand: gain in dollars per store and week by each estimate, with 95 % intervals over weeks.

    past, test: weeks, and the eight before each. Probabilities are learned from the past, where demand was, too. The
    last line adds the gains of all brands, as if each were priced alone.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    heads: list[Line] = []
    for brand, name in enumerate(BRANDS):
        known = steps(past[0].price[:, brand], shelves.usual(past[1])[:, brand])
        week = weeks_of(demand, *test, brand)
        probability = probabilities((context(*past, brand), known), context(*test, brand))
        found[name] = estimates(week, probability)
        heads.append({"brand": name, "rows": int(week.free.sum()), "sample": effective(weighted(week, probability))})
    kinds = list(found[BRANDS[0]])
    found[ALL] = {kind: np.sum([gains[kind] for gains in found.values()], axis=0) for kind in kinds}
    heads.append({"brand": ALL})
    for head, gains in zip(heads, found.values(), strict=True):
        line: Line = dict(head)
        for kind, gain in gains.items():
            units = paired.by_unit(gain, test[0].week)
            line |= dict(
                zip((kind, f"{kind}_low", f"{kind}_high"), difference(units, np.zeros(len(units))), strict=True)
            )
        yield line
