"""Demand forecast: how much electricity will Victoria need tomorrow, and how sure is that?"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.bounds import at_most
from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT, TRAINING_SET, Outcome
from capstan.contract.checks import Checks
from capstan.contract.circle import Circle
from capstan.contract.feature_window import FeatureWindow
from capstan.data.times import instant
from data_sets import elecdemand as data
from models.forecasting import measures
from models.forecasting.windows import DAY, LEVELS, Windows
from models.metrics import regression
from pipelines.demand_forecast import days
from pipelines.demand_forecast.schema import Actual, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.demand_forecast.model import DemandModel

__all__ = ["Actual", "Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "How much electricity will Victoria need tomorrow, and how sure is that?"
FAMILIES = ("torch", "tables")
CONTRACT_LIMIT = 0.01
FEATURE_SERVICE = "demand_forecast"
# At a midnight, the week before it is known, and the day after it is what was to be forecast.
FEATURE_WINDOW = FeatureWindow({"half_hours": "time"}, back=timedelta(days=7), ahead=timedelta(days=1))
ENTITY_KEYS = [days.KEY]
OUTCOME = Outcome("regression", target="actual_peak", prediction="peak")
# On the validation days the mean of days alike has a MASE of 0.80, and linear models have 0.66 and 0.47.
THRESHOLDS = {
    "mase_known": at_most(0.6, slack=0.02),
    "mase": at_most(0.75, slack=0.02),
    "coverage_error": at_most(0.1),
    "coverage_error_known": at_most(0.1),
}
CHECKS = Checks(rows_per_day=1)  # there is one forecast a day
TEST_DAYS = 92  # October to December
ACTUAL_DELAY = timedelta(days=2)  # a day's demand is known at its end
# One forecast a day is too few for a canary: a challenger forecasts each day next to the champion, in the shadow.
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


def entity_rows(tables: Tables) -> pd.DataFrame:
    """Return one row per day to forecast. The day after the last has no label yet."""
    return days.to_forecast(tables["half_hours"])


def feature_tables(tables: Tables) -> Tables:
    """Return what was measured in the week before each day."""
    return {"past_week": days.weeks_before(tables["half_hours"])}


def split(tables: Tables, until: str = "", test_days: int = TEST_DAYS) -> tuple[Tables, Tables]:
    """Return all days before the last 92 to train on, and these to test on.

    until: nothing that became known after this instant counts, ISO 8601; "" is all. test_days: how many days test.
    """
    rows = tables[TRAINING_SET].sort_values(EVENT_TIMESTAMP, ignore_index=True)
    rows = rows[rows[days.TARGET].notna()]
    if until:
        rows = rows[rows[LABEL_KNOWN_AT] <= instant(until)]
    return {"days": rows[:-test_days]}, {"days": rows[-test_days:]}


def train(
    tables: Tables,
    seed: int = 0,
    forecaster: str = "combination",
    folds: int = 4,
    temperature_error: float = 1.0,
) -> DemandModel:
    """Return two calibrated forecasters, for days of unknown and of known temperature. forecaster: see README.

    folds: how many quarters of the weeks calibrate the quantiles; fewer are faster. temperature_error: standard
    deviation, degrees C, of the errors that the temperature of a day gets before it is learned from, since at serving
    it is a forecast.
    """
    from models.forecasting import conformal
    from models.forecasting.weather import disturbed
    from pipelines.demand_forecast.forecasters import make
    from pipelines.demand_forecast.model import DemandModel

    past = days.windows(tables["days"])
    parts = (past.blind(), disturbed(past, temperature_error, seed))
    without, known = (conformal.fit(lambda: make(forecaster, seed), rows, folds) for rows in parts)
    return DemandModel(without, known, [make("ridge").fit(rows) for rows in parts])


def evaluate(model: DemandModel, tables: Tables) -> Evaluation:
    """Return errors and coverage of the forecasts from each midnight, with the day's temperature and without."""
    from pipelines.demand_forecast import report

    return report.evaluate(model, days.windows(tables["days"]))


def signals(model: DemandModel, tables: Tables) -> pd.DataFrame:
    """Return a line per day, forecast without its temperature: inputs, peak, coverage and MASE."""
    windows = days.windows(tables["days"]).blind()
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
    """Return whether people worked on the days that were asked for. The other inputs are features."""
    import pandas as pd

    weekday = pd.to_datetime(requests[days.KEY]).dt.dayofweek < 5
    return pd.DataFrame({"working_day": (weekday & ~requests[days.HOLIDAY].astype(bool)).astype(int)})


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
    """Return three days as a client would send them: with their temperature, without, and a public holiday."""
    from pipelines.demand_forecast.requests import request

    windows = days.windows(tables["days"])
    return [request(windows[[0]]), request(windows[[0]].blind()), request(windows[[min(34, len(windows) - 1)]])]
