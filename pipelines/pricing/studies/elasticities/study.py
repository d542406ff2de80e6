"""What identifies the elasticities, how sure are they, and what do brands take from each other?

Own elasticities by what they are compared by; by a sampler that draws the variances of stores and noise as well, with
four chains; and the market inside the chain: shares, what a cheaper brand takes, and whether prices follow each other.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

from capstan.study import Line, Measure, Study, Table, ranged
from capstan.study.protocol import Show
from models.bayes import chains
from models.bayes.mixed_posterior import CHAINS, DRAWS, Density, of_groups, sampled
from pipelines.pricing import demand
from pipelines.pricing.columns import BRANDS
from pipelines.pricing.demand import OWN
from pipelines.pricing.studies import known
from pipelines.pricing.studies.elasticities import identification
from pipelines.pricing.studies.elasticities import market as shares
from pipelines.pricing.studies.numbers import number, pair


def ways() -> Iterator[Line]:
    """Yield a line per brand and way to identify its elasticity."""
    return identification.lines(known.parts()[0][0], known.learned())


def posterior(brand: str, draws: int = DRAWS) -> Line:
    """Return the elasticity of a brand by empirical Bayes and by the sampler."""
    place, rows, learned = BRANDS.index(brand), known.parts()[0][0], known.learned()
    index = learned.places(rows.store)
    rest = rows.sold - (np.log(rows.price) - learned.centre[index]) @ learned.cross.T
    began, fitted = time.process_time(), learned.brands[place]
    x, z = demand.design(rows, learned.centre[index], place, learned.settings.waves)
    density = Density(rest[:, place], x, z, rows.store)
    drawn = sampled(density, density.start(fitted), draws, seed=CHAINS * place)
    flat = drawn.reshape(-1, density.size)
    stores = of_groups(density, flat, OWN)
    among = np.linalg.norm([density.parts(draw)[1][OWN] for draw in flat], axis=1)
    low, high = np.quantile(among, (0.025, 0.975))
    served = fitted.fixed[OWN] + fitted.effects[:, OWN]
    found = {
        "fitted": fitted.fixed[OWN],
        "mean": flat[:, OWN].mean(),
        "deviation": flat[:, OWN].std(ddof=1),
        "robust": fitted.covariance[OWN, OWN] ** 0.5,
        "among_fitted": fitted.between[OWN, OWN] ** 0.5,
        **{"among": among.mean(), "among_low": low, "among_high": high},
        "apart": np.abs(stores.mean(axis=0) - served).max(),
        "store": stores.std(axis=0, ddof=1).mean(),
        "store_served": np.sqrt(fitted.covariance[OWN, OWN] + fitted.spread[:, OWN, OWN]).mean(),
        "r_hat": chains.r_hat(drawn).max(),
        "effective": chains.effective(drawn).min(),
        "seconds": time.process_time() - began,
    }
    return {key: round(float(value), 4) for key, value in found.items()}


def market() -> Iterator[Line]:
    """Yield a line per brand: its shares, and what it takes."""
    past, test = known.parts()
    return shares.lines(known.learned(), past[0], test)


def way(name: str) -> Show:
    """Return what shows the elasticity by one way, with its standard error."""

    def show(rows: pd.DataFrame) -> str:
        return pair("own", "error")(rows[rows["way"] == name])

    return show


STUDY = Study(
    measures=[
        Measure(ways, seeds=0),
        Measure(posterior, [{"brand": brand} for brand in BRANDS], seeds=0),
        Measure(market, seeds=0),
    ],
    tables=[
        Table({"own elasticity": "brand"}, {name: way(name) for name in ("served", *identification.WAYS)}, "ways"),
        Table(
            {"own elasticity": "brand"},
            {
                "fitted (error over weeks)": pair("fitted", "robust"),
                "sampled (deviation)": pair("mean", "deviation"),
                "deviation among stores, fitted": number("among_fitted", 2),
                "sampled": ranged("among", 2),
                "R-hat": number("r_hat", 3),
                "effective draws": number("effective", 0),
            },
            "posterior",
        ),
        Table(
            {"share of": "brand"},
            {
                "packages": number("packages", 3),
                "dollars": number("dollars", 3),
                "profit": number("profit", 3),
                "taken from the others": number("taken", 2),
                "follows the others": pair("follows", "follows_error"),
            },
            "market",
        ),
    ],
)
