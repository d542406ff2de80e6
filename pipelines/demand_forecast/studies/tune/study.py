"""Which settings do the forecasters get, and which weights the combination?

January to September are cut into four origins; each part is forecast by what learned the days before it. The test days,
from October on, are not touched.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from capstan.study import Line, Measure, Study, Table, spread
from models.forecasting import combination, measures, rolling
from models.forecasting.windows import Windows
from pipelines.demand_forecast.forecasters import MEMBERS, make
from pipelines.demand_forecast.studies import splits

GRID: list[tuple[str, dict[str, Any]]] = [
    ("seasonal_naive", {}),
    ("alike_mean", {}),
    *(("ridge", {"noise": noise}) for noise in (0.1, 0.3, 1.0)),
    *(("ridge", {"half_life": days}) for days in (90.0, 365.0)),
    *(("ridge", {"small": small}) for small in (0.05, 0.2)),
    ("arima", {"order": [1, 0, 0]}),
    ("arima", {"order": [2, 0, 1]}),
    ("arima", {"order": [2, 0, 1], "seasonal": [1, 0, 1, 48]}),
    ("arima", {"harmonics": 6}),
    ("boosting", {"rounds": 400}),
    ("boosting", {"rounds": 800}),
    ("boosting", {"rounds": 400, "num_leaves": 15}),
    ("boosting", {"rounds": 400, "num_leaves": 15, "min_data_in_leaf": 100}),
    *(("curves", {"noise": noise}) for noise in (0.02, 0.05, 0.15)),
    *(("curves", {"width": width}) for width in (1.8, 4.0)),
    *(("curves", {"curved": share}) for share in (0.8, 0.99)),
]


def named(values: dict[str, Any]) -> str:
    """Return settings as a case calls them."""
    return ", ".join(f"{name}: {value}" for name, value in values.items())


def past(most: int | None = None) -> list[tuple[str, Windows]]:
    """Return the days to learn from, without the day's temperature and with it. most: days, for a trial."""
    windows = splits.parts(splits.year(), splits.MAIN)[0][:most]
    return [("", windows.blind()), ("_known", windows)]


def score(forecaster: str, settings: str, most: int | None = None) -> Line:
    """Return MASE and pinball loss (GW), without the day's temperature and with it. most: days, for a trial."""
    values = next(each for name, each in GRID if (name, named(each)) == (forecaster, settings))
    arguments = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    line: Line = {}
    for suffix, windows in past(most):
        scores = measures.score(*rolling.forecast(lambda: make(forecaster, 0, **arguments), windows))
        line |= {f"mase{suffix}": scores["mase"], f"pinball{suffix}": scores["pinball"]}
    return line


def weights(most: int | None = None) -> Line:
    """Return the chosen weights of the combination and its MASE, without the day's temperature and with it."""
    line: Line = {"part": "score", "forecaster": "combination", "settings": ""}
    for suffix, windows in past(most):
        middles = {}
        for name in MEMBERS:
            rest, quantiles = rolling.forecast(partial(make, name, 0), windows)
            middles[name] = quantiles[..., measures.MIDDLE]
        chosen = combination.choose(rest.truth, middles)
        stacked = np.stack([*middles.values()])
        combined = np.tensordot(np.array([*chosen.values()]) / combination.TENTHS, stacked, 1)
        line |= {f"mase{suffix}": measures.mase(rest, combined), f"weights{suffix}": chosen}
        line |= {f"mase{suffix}_equal": measures.mase(rest, stacked.mean(axis=0))}
    return line


STUDY = Study(
    measures=[
        Measure(score, [{"forecaster": name, "settings": named(values)} for name, values in GRID], seeds=0),
        Measure(weights, seeds=0),
    ],
    tables=[
        Table(
            {"forecaster": "forecaster", "settings": "settings"},
            {
                "without temperature": lambda rows: spread(rows["mase"]),
                "known": lambda rows: spread(rows["mase_known"]),
            },
            "score",
        )
    ],
)
