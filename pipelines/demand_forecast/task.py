"""Demand forecast: how much electricity will Victoria need tomorrow, and how sure is that?"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.bounds import at_most
from capstan.capstone import Outcome
from capstan.circle import Circle
from capstan.times import instant
from models import regression
from pipelines.demand_forecast import data, measures
from pipelines.demand_forecast.schema import Actual, Prediction, Request, contracts
from pipelines.demand_forecast.windows import DAY, LEVELS, WEEK, Windows, cut

if TYPE_CHECKING:
    import pandas as pd

    from capstan.capstone import Tables
    from capstan.evaluation import Evaluation
    from pipelines.demand_forecast.model import DemandModel

__all__ = ["Actual", "Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "How much electricity will Victoria need tomorrow, and how sure is that?"
FAMILIES = ("torch", "tables")
CONTRACT_LIMIT = 0.01
OUTCOME = Outcome("regression", target="actual_peak", prediction="peak")
# On the validation days the mean of days alike has a MASE of 0.80, and linear models have 0.66 and 0.47.
THRESHOLDS = {
    "mase_known": at_most(0.6, slack=0.02),
    "mase": at_most(0.75, slack=0.02),
    "coverage_error": at_most(0.1),
    "coverage_error_known": at_most(0.1),
}
TEST_DAYS = 92  # October to December
ACTUAL_DELAY = timedelta(days=2)  # a day's demand is known at its end
# One forecast a day is too few for a canary: a challenger forecasts each day beside the champion, in the shadow.
CIRCLE = Circle(
    alarms=("performance", "mae", "drift"),
    cool_down=timedelta(days=28),
    labels=14,
    recent=timedelta(days=56),
    difference=0.002,  # GW of pinball loss: a thirtieth of that of a good forecast
    trial="shadow",
    rows_per_day=1,
    harm=0.002,
    longest=timedelta(days=56),
)


def load(data_dir: Path | None) -> Tables:
    """Return `half_hours`, one row each."""
    return {"half_hours": data.half_hours(data_dir)}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of days, and of those on which people work."""
    rows = tables["half_hours"]
    return {"days": len(rows) / DAY, "working_days": float(rows["working_day"].sum() / DAY)}


def split(tables: Tables, until: str = "", test_days: int = TEST_DAYS) -> tuple[Tables, Tables]:
    """Return all before the last 92 days to train on; and these, with the week before them, to test on.

    until: nothing from this instant on counts, ISO 8601; "" is all. test_days: how many days test.
    """
    rows = tables["half_hours"].sort_values("time", ignore_index=True)
    if until:
        rows = rows[rows["time"] < instant(until)]
    first = rows["time"].iloc[-1] - np.timedelta64(30 * (DAY * test_days - 1), "m")
    before = first - np.timedelta64(30 * WEEK, "m")
    return {"half_hours": rows[rows["time"] < first]}, {"half_hours": rows[rows["time"] >= before]}


def train(tables: Tables, seed: int = 0, forecaster: str = "combination", folds: int = 2) -> DemandModel:
    """Return two calibrated forecasters, for days of unknown and of known temperature. forecaster: see README.

    folds: how many quarters of the weeks calibrate the quantiles; fewer are faster.
    """
    from pipelines.demand_forecast import conformal
    from pipelines.demand_forecast.forecasters import make
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


def target_of(label: list[float]) -> float:
    """Return the peak of a day's demand."""
    return max(label)


def losses(predictions: list[dict[str, Any]], labels: list[list[float]]) -> np.ndarray:
    """Return the pinball loss of each day, GW, shape (n,): one number for the median and for how sure it is."""
    pairs = zip(predictions, labels, strict=True)
    return np.array([regression.pinball(np.array(day), np.array(answer["quantiles"]), LEVELS) for answer, day in pairs])


def parameters_at(moment: datetime) -> dict[str, Any]:
    """Return the parameters of a run as of an instant. Its last eight weeks test the model."""
    return {"until": moment.isoformat(), "test_days": 56}


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three days as a client would send them: with their temperature, without, and after a public holiday."""
    from pipelines.demand_forecast.requests import request

    windows = cut(tables["half_hours"])
    return [request(windows[[0]]), request(windows[[0]].blind()), request(windows[[min(36, len(windows) - 1)]])]
