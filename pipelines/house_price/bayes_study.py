"""`python -m pipelines.house_price.bayes_study`: samplers beside the exact posterior, and their traces.

It writes `bayes_study.json` and `traces.svg` into the folder that it is given, and prints the table. The regression is
that of `robust_study.py`, on 200 sales: six weights and the variance.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from capstan.settings import settings
from models.bayes import chains as diagnostics
from models.bayes import hamiltonian, metropolis, nuts, variational
from models.bayes.linear_regression import Density, Posterior, Prior
from models.study import Line, Study, markdown, options, spread
from pipelines.house_price import task
from pipelines.house_price.columns import LABEL
from pipelines.house_price.studies.robust import study as robust_study

FOLDER = Path(__file__).parent
CHAINS, ROWS = 4, 200
SAMPLERS = {
    "Metropolis-Hastings": (metropolis.sample, 4_000),
    "Hamiltonian Monte Carlo": (hamiltonian.sample, 800),
    "NUTS": (nuts.sample, 600),
}


def measure(design: np.ndarray, target: np.ndarray, seed: int) -> tuple[list[Line], dict[str, np.ndarray]]:
    """Return a line per method, and the chains of each sampler, shape (chains, draws, 7)."""
    prior, lines, kept = Prior(), [], {}
    exact, density = Posterior(design, target, prior), Density(design, target, prior)
    deviation = np.sqrt(np.diag(exact.covariance))
    start = np.append(exact.mean, np.log(exact.variance))
    for name, (sample, draws) in SAMPLERS.items():
        began, random = time.process_time(), np.random.default_rng(seed)
        starts = start + random.normal(size=(CHAINS, len(start))) * 0.05
        chains = np.array([sample(density, at, draws, draws, CHAINS * seed + one) for one, at in enumerate(starts)])
        seconds, size = time.process_time() - began, diagnostics.effective(chains)
        weights, kept[name] = chains[..., :-1], chains
        apart = np.abs(weights.mean(axis=(0, 1)) - exact.mean) / deviation
        line: Line = {"method": name, "seed": seed, "draws": CHAINS * draws, "seconds": seconds}
        line |= {"r_hat": float(diagnostics.r_hat(chains).max()), "effective": float(size.min())}
        line |= {"apart": float(apart.max()), "errors": float((apart * np.sqrt(size[:-1])).max())}
        ratio = weights.std(axis=(0, 1)) / deviation
        squares = diagnostics.effective((weights - weights.mean(axis=(0, 1))) ** 2)  # mix slower than the means
        line |= {"deviation_errors": float((np.abs(ratio - 1) * np.sqrt(2 * squares)).max())}
        lines.append(line | {"deviation": float(ratio.min())})
    mean, covariance, _ = variational.fit(design, target, prior)
    empty = dict.fromkeys(["draws", "seconds", "r_hat", "effective", "errors", "deviation_errors"])
    near = {"apart": float((np.abs(mean - exact.mean) / deviation).max())}
    near["deviation"] = float((np.sqrt(np.diag(covariance)) / deviation).min())
    return [*lines, {"method": "variational", "seed": seed, **empty, **near}], kept


def traces(kept: dict[str, np.ndarray]) -> Figure:
    """Return the weight of the living area in each chain, a plot per sampler."""
    drawn = Figure(figsize=(10, 5), layout="constrained")
    for axes, (name, chains) in zip(drawn.subplots(len(kept), 1), kept.items(), strict=True):
        axes.plot(chains[:, :400, 1].T, linewidth=0.6)
        axes.set(title=f"{name}: weight of the living area, the first 400 draws of {len(chains)} chains")
    return drawn


def tables(results: DataFrame) -> str:
    """Return the table of the README."""

    def cell(field: str, digits: int) -> Callable[[DataFrame], str]:
        return lambda rows: "" if rows[field].isna().any() else spread(rows[field], digits=digits)

    columns = {
        "draws": cell("draws", 0),
        "largest R-hat": cell("r_hat", 3),
        "least effective sample size": cell("effective", 0),
        "largest distance of a mean, in deviations": cell("apart", 3),
        "in Monte Carlo errors": cell("errors", 2),
        "least deviation, of the exact one": cell("deviation", 3),
        "largest error of a deviation, in Monte Carlo errors": cell("deviation_errors", 2),
    }
    return markdown(results, {"method": "method"}, columns)


def main() -> None:
    """Measure, draw, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=2)
    given = parser.parse_args()
    study = Study(given.out / "bayes_study.json", ["method", "seed"])
    rows = task.load(settings().data_dir)["houses"].sample(ROWS, random_state=0)
    design, target = robust_study.design(rows), np.log(rows[LABEL].to_numpy()) - 12
    for seed in range(given.seeds):
        lines, kept = measure(design, target, seed)
        study.add(*lines)
        if seed == 0:
            with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "traces"}):
                traces(kept).savefig(given.out / "traces.svg", metadata={"Date": None})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
