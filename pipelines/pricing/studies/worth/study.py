"""What are the proposed prices worth, and does the search find the best ones?

The gain of the proposed price of each brand on the last 26 weeks, off-policy (`value.py`); and for each store, how long
the search takes, what it expects to gain, and whether branch and bound finds a better shelf.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from capstan.study import Line, Measure, Study, Table, ranged
from models.pricing import branch_and_bound, shelf_search
from models.pricing.shelf import profit
from pipelines.pricing import rules, shelves
from pipelines.pricing.shelves import Shelves
from pipelines.pricing.studies import known
from pipelines.pricing.studies.numbers import number
from pipelines.pricing.studies.worth import value


def gains() -> Iterator[Line]:
    """Yield a line per brand: its gain by each estimate."""
    return value.lines(known.learned(), *known.parts())


def search(most: int | None = None) -> Line:
    """Return how long the search takes, how often another shelf is better, and what it expects to gain.

    most: stores, for a trial.
    """
    learned, (rows, past) = known.learned(), known.parts()[1]
    last = rows.week == rows.week.max()
    at, before = np.flatnonzero(last), past.take(np.repeat(last, len(past) // len(rows)))
    now = shelves.usual(before)
    ask = Shelves(
        **vars(rows.take(at))
        | {"price": now, "cost": shelves.usual_cost(before), "feat": np.zeros_like(now), "deal": np.zeros_like(now)}
    )
    sold, elasticity = np.exp(learned.forecast(ask, before)) * learned.lift, learned.elasticities(ask.store)
    seconds, proofs, gains, missed = [], [], [], 0
    for one in range(len(at))[:most]:
        tried = rules.choices(now[one], ask.cost[one])
        shelf = (now[one], sold[one], ask.cost[one], elasticity[one])
        begun = time.perf_counter()
        found = profit_of(shelf_search.best(*shelf, tried, rules.ORDER), shelf)
        searched = time.perf_counter()
        best = profit_of(branch_and_bound.best(*shelf, tried, rules.ORDER, found), shelf)
        proofs.append(time.perf_counter() - searched)
        seconds.append(searched - begun)
        missed += found < best - 1e-6
        gains.append(found - profit_of(now[one], shelf))
    took: Line = {"stores": len(seconds), "gain": float(np.mean(gains)), "missed": int(missed)}
    for name, times in (("ms", seconds), ("proof_ms", proofs)):
        took |= {f"median_{name}": 1e3 * float(np.median(times)), f"most_{name}": 1e3 * float(np.max(times))}
    return took


def profit_of(prices: np.ndarray, shelf: tuple[np.ndarray, ...]) -> float:
    """Return the dollars a week of a shelf. shelf: prices now, packages, costs, elasticities."""
    return float(profit(prices, *shelf).sum())


STUDY = Study(
    measures=[Measure(gains, seeds=0), Measure(search, seeds=0)],
    tables=[
        Table(
            {"gain, $ a week and store": "brand"},
            {
                "rows": number("rows", 0),
                "worth of the rows": number("sample", 0),
                **{name: ranged(name, 1) for name in ("model", "weights", "doubly robust")},
            },
            "gains",
        ),
        Table(
            {"the search": "part"},
            {
                "stores": number("stores", 0),
                "median, ms": number("median_ms", 0),
                "slowest, ms": number("most_ms", 0),
                "proof, median": number("median_proof_ms", 0),
                "proof, slowest": number("most_proof_ms", 0),
                "expected gain, $ a week": number("gain", 1),
                "a better shelf exists": number("missed", 0),
            },
            "search",
        ),
    ],
)
