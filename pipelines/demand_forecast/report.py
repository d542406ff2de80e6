"""What a run shows of a model: errors and coverage with and without the day's temperature, and some days drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from data_sets.elecdemand import ZONE
from models.forecasting import measures
from models.forecasting.alike import alike
from models.forecasting.windows import DAY, LEVELS, Windows
from models.forecasting.windows import weeks as week_numbers
from models.metrics import paired
from pipelines.demand_forecast import cards

RIDGE = "ridge"  # as good: it may be better by the slack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from pipelines.demand_forecast.model import DemandModel


def evaluate(model: DemandModel, windows: Windows) -> Evaluation:
    """Return the metrics on windows with a target, and the sections of the report.

    `mase` and `coverage` are without the day's temperature, `mase_known` and `coverage_known` with it.
    """
    forecasts = {"": model.forecast(windows.blind()), "_known": model.forecast(windows)}
    metrics = {
        f"{name}{kind}": value
        for kind, forecast in forecasts.items()
        for name, value in measures.score(windows, forecast).items()
    }
    metrics |= {f"coverage_error{kind}": abs(metrics[f"coverage{kind}"] - 0.8) for kind in forecasts}
    daily = table(windows, forecasts)
    units = by_day(windows, *(forecast[..., measures.MIDDLE] for forecast in forecasts.values()))
    simple = alike(windows).mean
    baselines = {"mean of days alike": by_day(windows, simple, simple)}
    ridge = getattr(model, "ridge", ())  # versions from before have none
    if ridge:
        predicted = (line.predict(some) for line, some in zip(ridge, (windows.blind(), windows), strict=True))
        baselines[RIDGE] = by_day(windows, *(quantiles[..., measures.MIDDLE] for quantiles in predicted))
    worst = daily["error"].to_numpy().argsort()[::-1][:3]
    sections = [
        Section("Compared with each baseline: how much less MASE, by weeks", by_week(windows, units, baselines)),
        Section("The first week", figure(windows[:7], {kind: forecast[:7] for kind, forecast in forecasts.items()})),
        Section("Days with the largest errors", daily.iloc[worst]),
        Section("Share of the values below each level", levels(windows, forecasts)),
        Section("By month", by_month(daily)),
        *cards.sections(windows, metrics),
    ]
    return Evaluation(metrics, sections, units, baselines, {RIDGE: ("mase", "mase_known")} if ridge else {})


def by_week(windows: Windows, units: pd.DataFrame, baselines: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return how much less MASE the forecasts have than each baseline, with a 95 % interval over the weeks."""
    numbers, lines = week_numbers(windows), []
    for name, values in baselines.items():
        for metric in units:
            rival, own = (paired.by_unit(frame[metric].to_numpy(), numbers) for frame in (values, units))
            lines.append({"baseline": name, "metric": metric} | paired.bootstrap(rival, own))
    return pd.DataFrame(lines)


def by_day(windows: Windows, without: np.ndarray, known: np.ndarray) -> pd.DataFrame:
    """Return MASE as a value per day, for the gate: of forecasts without the day's temperature, and with it.

    without, known: the forecast demand, shape (n, 48).
    """
    naive = np.abs(windows.truth - windows.demand[:, :DAY]).mean(axis=1)
    errors = {
        name: np.abs(windows.truth - forecast).mean(axis=1)
        for name, forecast in (("mase", without), ("mase_known", known))
    }
    return pd.DataFrame({name: paired.ratio(error, naive) for name, error in errors.items()})


def table(windows: Windows, forecasts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return a line per day: errors (GW) and coverage, without the day's temperature and with it."""
    columns: dict[str, object] = {"day": windows.start.tz_convert(ZONE).strftime("%a %Y-%m-%d")}
    for kind, forecast in forecasts.items():
        inside = (windows.truth >= forecast[..., 0]) & (windows.truth <= forecast[..., -1])
        columns[f"error{kind}"] = np.abs(windows.truth - forecast[..., measures.MIDDLE]).mean(axis=1)
        columns[f"coverage{kind}"] = inside.mean(axis=1)
    return pd.DataFrame(columns)


def by_month(daily: pd.DataFrame) -> pd.DataFrame:
    """Return the means of the days of each month."""
    return daily.groupby(daily["day"].str[4:11]).mean(numeric_only=True).reset_index(names="month")


def levels(windows: Windows, forecasts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return for each level the share of the values below it, which should be the level."""
    below = {
        name: (windows.truth[..., None] <= forecasts[kind]).mean(axis=(0, 1))
        for kind, name in (("", "without temperature"), ("_known", "with it"))
    }
    return pd.DataFrame({"level": LEVELS, **below})


def figure(windows: Windows, forecasts: dict[str, np.ndarray]) -> Figure:
    """Return the demand of some days with the bands of the forecasts, without the day's temperature and with it."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(12, 6), layout="constrained")
    hours = np.arange(windows.truth.size) / 2
    titles = {"": "without the day's temperature", "_known": "with it"}
    for axes, (kind, forecast) in zip(drawn.subplots(2, 1, sharex=True), forecasts.items(), strict=True):
        flat = forecast.reshape(-1, len(LEVELS))
        for low in range(len(LEVELS) // 2):
            axes.fill_between(hours, flat[:, low], flat[:, -1 - low], color="tab:blue", alpha=0.25, linewidth=0)
        axes.plot(hours, flat[:, measures.MIDDLE], color="tab:blue", label="forecast")
        axes.plot(hours, windows.truth.ravel(), color="black", linewidth=1, label="demand")
        axes.set(title=titles[kind], ylabel="GW")
    axes.set(xlabel="hours")
    axes.legend(frameon=False)
    return drawn
