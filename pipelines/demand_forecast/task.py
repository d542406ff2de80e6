"""Demand forecast: how much electricity will Victoria need tomorrow, and how sure is that?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.bounds import at_most
from capstan.capstone import Outcome
from pipelines.demand_forecast import data, measures
from pipelines.demand_forecast.schema import Prediction, Request, contracts
from pipelines.demand_forecast.windows import DAY, WEEK, Windows, cut

if TYPE_CHECKING:
    import pandas as pd

    from capstan.capstone import Tables
    from capstan.evaluation import Evaluation
    from pipelines.demand_forecast.model import DemandModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "How much electricity will Victoria need tomorrow, and how sure is that?"
EXTRA = "forecast"
CONTRACT_LIMIT = 0.01
OUTCOME = Outcome("regression", target="actual_peak", prediction="peak")
THRESHOLDS = {
    "mase_known": at_most(0.8, slack=0.02),
    "mase": at_most(0.9),
    "coverage_error": at_most(0.1),
    "coverage_error_known": at_most(0.1),
}
TEST_DAYS = 92  # October to December


def load(data_dir: Path | None) -> Tables:
    """Return `half_hours`, one row each."""
    return {"half_hours": data.half_hours(data_dir)}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of days, and of those on which people work."""
    rows = tables["half_hours"]
    return {"days": len(rows) / DAY, "working_days": float(rows["working_day"].sum() / DAY)}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return all before the last 92 days to train on; and these, with the week before them, to test on."""
    rows = tables["half_hours"].sort_values("time", ignore_index=True)
    first = rows["time"].iloc[-1] - np.timedelta64(30 * (DAY * TEST_DAYS - 1), "m")
    before = first - np.timedelta64(30 * WEEK, "m")
    return {"half_hours": rows[rows["time"] < first]}, {"half_hours": rows[rows["time"] >= before]}


def train(tables: Tables, seed: int = 0, forecaster: str = "combination", folds: int = 2) -> DemandModel:
    """Return two calibrated forecasters, for days of unknown and of known temperature. forecaster: see README.

    folds: how many quarters of the weeks calibrate the quantiles; fewer are faster.
    """
    from pipelines.demand_forecast import conformal
    from pipelines.demand_forecast.forecaster import make
    from pipelines.demand_forecast.model import DemandModel

    windows = cut(tables["half_hours"])
    return DemandModel(
        *(conformal.fit(lambda: make(forecaster, seed), rows, folds) for rows in (windows.blind(), windows))
    )


def evaluate(model: DemandModel, tables: Tables) -> Evaluation:
    """Return errors and coverage of the forecasts from each midnight, with the day's temperature and without."""
    from pipelines.demand_forecast import report

    return report.evaluate(model, cut(tables["half_hours"]))


def signals(model: DemandModel, tables: Tables) -> pd.DataFrame:
    """Return a line per day, forecast without its temperature: inputs, peak, coverage and MASE."""
    windows = cut(tables["half_hours"]).blind()
    quantiles = model.forecast(windows)
    middle, target = quantiles[..., measures.MIDDLE], windows.truth
    naive = measures.naive_error(windows)
    return _inputs(windows).assign(
        peak=middle.max(axis=1),
        actual_peak=target.max(axis=1),
        mase=np.abs(target - middle).mean(axis=1) / naive,
        coverage=((target >= quantiles[..., 0]) & (target <= quantiles[..., -1])).mean(axis=1),
    )


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the inputs of the days that were asked for."""
    from pipelines.demand_forecast.model import asked

    return _inputs(asked(requests))


def _inputs(windows: Windows) -> pd.DataFrame:
    """Return the means of the last day, and whether people work on the day ahead."""
    import pandas as pd

    return pd.DataFrame(
        {
            "last_demand": windows.demand[:, -DAY:].mean(axis=1),
            "last_temperature": windows.temperature[:, -DAY:].mean(axis=1),
            "working_day": windows.working[:, -1].astype(int),
        }
    )


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three days as a client would send them: with their temperature, without, and after a public holiday."""
    from pipelines.demand_forecast.requests import request

    windows = cut(tables["half_hours"])
    return [request(windows[[0]]), request(windows[[0]].blind()), request(windows[[min(36, len(windows) - 1)]])]
