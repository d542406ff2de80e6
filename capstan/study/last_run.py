"""The spread of a capstone's metrics: what other units of the same kind, drawn from those of its last run, would give.

A limit of the gate belongs below (or above) the interval, or a good model fails by chance. The slack towards the
champion is of the order of its half width.
"""

from pathlib import Path

from capstan import catalogue
from capstan.contract.bounds import of_test
from capstan.errors import CapstanError
from capstan.settings import settings

DRAWS, SEED, INTERVAL = 2_000, 0, (0.025, 0.975)


def units_file(capstone: str) -> Path:
    """Return the units of the newest run here: a row per unit, a column per metric. Raises CapstanError."""
    catalogue.folder(capstone)
    runs = (settings().home / "runs").glob(f"{capstone.replace('_', '-')}-2*/evaluate/units/model.parquet")
    newest = max(runs, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        raise CapstanError(f"No run of {capstone} is here. Run `capstan run {capstone}` first.")
    return newest


def spread(capstone: str) -> list[dict[str, object]]:
    """Return a line per metric: measured, 95% interval over draws of the units, and the gate's limit and slack.

    Raises CapstanError where no run is here, or where the capstone does not say what its units are.
    """
    import numpy as np
    import pandas as pd

    units = pd.read_parquet(units_file(capstone))
    if units.empty:
        raise CapstanError(f"`evaluate` of {capstone} returns no units, so there is nothing to draw from.")
    generator = np.random.default_rng(SEED)
    # A unit that lacks a metric does not count for it.
    means = [units.iloc[generator.integers(len(units), size=len(units))].mean() for _ in range(DRAWS)]
    drawn, bounds = pd.DataFrame(means), of_test(catalogue.load(capstone).THRESHOLDS, len(units))
    found: list[dict[str, object]] = []
    for metric in units:
        low, high = drawn[metric].quantile(INTERVAL)
        line = {"metric": metric, "measured": units[metric].mean(), "low": low, "high": high, "units": len(units)}
        bound = bounds.get(metric)
        found.append(line | {"limit": bound.limit if bound else None, "slack": bound.slack if bound else None})
    return found
