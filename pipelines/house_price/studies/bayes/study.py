"""How close do samplers come to the exact posterior of a regression?

The regression is that of the study `robust`, on 200 sales: six weights and the variance.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache

import numpy as np

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.bayes import chains as diagnostics
from models.bayes import hamiltonian, metropolis, nuts, variational
from models.bayes.linear_regression import Density, Posterior, Prior
from pipelines.house_price import task
from pipelines.house_price.columns import LABEL
from pipelines.house_price.studies.robust import study as robust_study

CHAINS, ROWS = 4, 200
SAMPLERS = {
    "Metropolis-Hastings": (metropolis.sample, 4_000),
    "Hamiltonian Monte Carlo": (hamiltonian.sample, 800),
    "NUTS": (nuts.sample, 600),
}


@cache
def sales() -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs and the logarithms of the prices of 200 sales."""
    rows = task.load(settings().data_dir)["houses"].sample(ROWS, random_state=0)
    return robust_study.design(rows), np.log(rows[LABEL].to_numpy()) - 12


def drawn(name: str, seed: int) -> np.ndarray:
    """Return the chains of a sampler, shape (chains, draws, 7)."""
    design, target = sales()
    exact, density = Posterior(design, target, Prior()), Density(design, target, Prior())
    start = np.append(exact.mean, np.log(exact.variance))
    sample, draws = SAMPLERS[name]
    starts = start + np.random.default_rng(seed).normal(size=(CHAINS, len(start))) * 0.05
    return np.array([sample(density, point, draws, draws, CHAINS * seed + chain) for chain, point in enumerate(starts)])


def posteriors(seed: int) -> Iterator[Line]:
    """Yield a line per method: how far it is from the exact posterior."""
    design, target = sales()
    exact = Posterior(design, target, Prior())
    deviation = np.sqrt(np.diag(exact.covariance))
    for name, (_, draws) in SAMPLERS.items():
        began = time.process_time()
        chains = drawn(name, seed)
        seconds, size = time.process_time() - began, diagnostics.effective(chains)
        weights = chains[..., :-1]
        apart = np.abs(weights.mean(axis=(0, 1)) - exact.mean) / deviation
        line: Line = {"method": name, "draws": CHAINS * draws, "seconds": seconds}
        line |= {"r_hat": float(diagnostics.r_hat(chains).max()), "effective": float(size.min())}
        line |= {"apart": float(apart.max()), "errors": float((apart * np.sqrt(size[:-1])).max())}
        ratio = weights.std(axis=(0, 1)) / deviation
        squares = diagnostics.effective((weights - weights.mean(axis=(0, 1))) ** 2)  # mix slower than the means
        line |= {"deviation_errors": float((np.abs(ratio - 1) * np.sqrt(2 * squares)).max())}
        yield line | {"deviation": float(ratio.min())}
    mean, covariance, _ = variational.fit(design, target, Prior())
    empty = dict.fromkeys(["draws", "seconds", "r_hat", "effective", "errors", "deviation_errors"])
    near = {"apart": float((np.abs(mean - exact.mean) / deviation).max())}
    near["deviation"] = float((np.sqrt(np.diag(covariance)) / deviation).min())
    yield {"method": "variational", **empty, **near}


def shown(field: str, digits: int) -> Show:
    """Return what shows a field; nothing where a method lacks it."""
    return lambda rows: "" if rows[field].isna().any() else spread(rows[field], digits=digits)


STUDY = Study(
    measures=[Measure(posteriors)],
    tables=[
        Table(
            {"method": "method"},
            {
                "draws": shown("draws", 0),
                "largest R-hat": shown("r_hat", 3),
                "least effective sample size": shown("effective", 0),
                "largest distance of a mean, in deviations": shown("apart", 3),
                "in Monte Carlo errors": shown("errors", 2),
                "least deviation, of the exact one": shown("deviation", 3),
                "largest error of a deviation, in Monte Carlo errors": shown("deviation_errors", 2),
            },
        )
    ],
)
