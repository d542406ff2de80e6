"""The forecasters by name. Each is imported when it is asked for: some of them import torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from capstan.errors import CapstanError
from models.forecasting.forecaster import Forecaster

MEMBERS = ("ridge", "curves", "arima", "boosting")
# Tenths, of days of unknown and of known temperature: chosen by the study `tune`, before ridge and curves kept to the
# range of the past.
WEIGHTS = {
    "without": {"ridge": 3, "curves": 4, "arima": 2, "boosting": 1},
    "known": {"ridge": 7, "curves": 0, "arima": 2, "boosting": 1},
}


def make(name: str, seed: int = 0, **settings: Any) -> Forecaster:
    """Return a forecaster by name, not yet fitted. Raises CapstanError for a name that is unknown."""
    if name not in FORECASTERS:
        raise CapstanError(f"There is no forecaster {name!r}. There are: {', '.join(FORECASTERS)}.")
    return FORECASTERS[name](seed, **settings)


def _seasonal_naive(seed: int) -> Forecaster:
    from models.forecasting.seasonal_naive import SeasonalNaive

    return SeasonalNaive(seed)


def _alike_mean(seed: int) -> Forecaster:
    from models.forecasting.alike_mean import AlikeMean

    return AlikeMean(seed)


def _ridge(seed: int, **settings: Any) -> Forecaster:
    from models.forecasting.ridge import Ridge

    return Ridge(seed, **settings)


def _curves(seed: int, **settings: Any) -> Forecaster:
    from models.forecasting.ridge import Ridge

    return Ridge(seed, **({"curved": 0.95, "noise": 0.05, "width": 2.7} | settings))


def _arima(seed: int, **settings: Any) -> Forecaster:
    from models.forecasting.arima import Arima

    return Arima(seed, **settings)


def _boosting(seed: int, **settings: Any) -> Forecaster:
    from models.forecasting.boosting import Boosting

    return Boosting(seed, **settings)


def _temporal_convolution(seed: int, **settings: Any) -> Forecaster:
    from models.forecasting.temporal_convolution import TemporalConvolution

    return TemporalConvolution(seed, **settings)


def _autoregressive(seed: int, **settings: Any) -> Forecaster:
    from models.forecasting.autoregressive import Autoregressive

    return Autoregressive(seed, **settings)


def _combination(seed: int, members: Sequence[str] = (), weights: Any = None) -> Forecaster:
    from models.forecasting.combination import Combination

    return Combination({name: make(name, seed) for name in members or MEMBERS}, weights or WEIGHTS)


FORECASTERS: dict[str, Callable[..., Forecaster]] = {
    "seasonal_naive": _seasonal_naive,
    "alike_mean": _alike_mean,
    "ridge": _ridge,
    "curves": _curves,
    "arima": _arima,
    "boosting": _boosting,
    "temporal_convolution": _temporal_convolution,
    "autoregressive": _autoregressive,
    "combination": _combination,
}
