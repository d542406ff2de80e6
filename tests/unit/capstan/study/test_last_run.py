"""The spread of a run's metrics: from the units that the run measured, compared with the formula for a mean."""

import numpy as np
import pandas as pd
import pytest

from capstan.contract.evaluation import Evaluation
from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.study import last_run
from components.evaluate import units
from pipelines.house_price import task


def ran(name: str, day: int, table: pd.DataFrame | None) -> None:
    """Leave the units of a run where a run does."""
    folder = settings().home / "runs" / f"{name}-2026-11-{day:02}" / "evaluate" / "units"
    metrics = {} if table is None else dict(table.mean())
    units.write(units.of(Evaluation(metrics, units=table)), str(folder))


def test_interval_is_that_of_a_mean(home):
    values = np.random.default_rng(1).normal(10, 3, 900)
    ran("house-price", 1, pd.DataFrame({"rmse": values + 5}))
    ran("house-price", 2, pd.DataFrame({"rmse": values, "other": np.where(values > 10, values, np.nan)}))
    line, other = last_run.spread("house_price")
    width = 1.96 * values.std() / np.sqrt(900)
    assert line["measured"] == pytest.approx(values.mean()) and line["units"] == 900
    assert (line["low"], line["high"]) == pytest.approx((values.mean() - width, values.mean() + width), abs=width / 10)
    assert other["limit"] is None and other["low"] < values[values > 10].mean() < other["high"]


def test_the_gate_is_next_to_it(home):
    metric, bound = next(iter(task.THRESHOLDS.items()))
    ran("house-price", 1, pd.DataFrame({metric: [0.1, 0.2]}))
    [line] = last_run.spread("house_price")
    assert (line["limit"], line["slack"]) == (bound.limit, bound.slack)


def test_without_a_run_or_units_it_says_what_to_do(home):
    with pytest.raises(CapstanError, match="Run `capstan run house_price` first"):
        last_run.spread("house_price")
    ran("house-price", 1, None)
    with pytest.raises(CapstanError, match="no units"):
        last_run.spread("house_price")
