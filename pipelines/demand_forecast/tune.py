"""`python -m pipelines.demand_forecast.tune`: the same few settings tried of every forecaster, by rolling origins.

January to September are cut into four origins; each part is forecast by what learned the days before it. The test days,
from October on, are not touched. It adds what `tune.json` of the folder that it is given does not have, and prints the
table and the weights of the combination. The README says what it decided.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.errors import without_tracebacks
from capstan.settings import settings
from data_sets import elecdemand as data
from models.study import Study, markdown, spread
from pipelines.demand_forecast import combination, measures, rolling, splits
from pipelines.demand_forecast.forecasters import make
from pipelines.demand_forecast.windows import Windows, cut

GRID: list[tuple[str, dict[str, Any]]] = [
    ("seasonal_naive", {}),
    ("alike_mean", {}),
    *(("ridge", {"noise": noise}) for noise in (0.1, 0.3, 1.0)),
    *(("ridge", {"half_life": days}) for days in (90.0, 365.0)),
    *(("ridge", {"small": small}) for small in (0.05, 0.2)),
    *(("curves", {"noise": noise}) for noise in (0.02, 0.05, 0.15)),
    *(("curves", {"width": width}) for width in (1.8, 4.0)),
    *(("curves", {"curved": share}) for share in (0.8, 0.99)),
    ("arima", {"order": (1, 0, 0)}),
    ("arima", {"order": (2, 0, 1)}),
    ("arima", {"order": (2, 0, 1), "seasonal": (1, 0, 1, 48)}),
    ("arima", {"harmonics": 6}),
    ("boosting", {"rounds": 400}),
    ("boosting", {"rounds": 800}),
    ("boosting", {"rounds": 400, "num_leaves": 15}),
    ("boosting", {"rounds": 400, "num_leaves": 15, "min_data_in_leaf": 100}),
]
KINDS = {"": "without", "_known": "known"}


def measure(past: Windows, name: str, tried: dict[str, Any]) -> dict[str, Any]:
    """Return MASE and pinball loss (GW), without the day's temperature and with it."""
    line: dict[str, Any] = {"forecaster": name, "settings": json.dumps(tried)}
    for kind, fit in (("", past.blind()), ("_known", past)):
        scores = measures.score(*rolling.forecast(lambda: make(name, 0, **tried), fit))
        line |= {f"mase{kind}": scores["mase"], f"pinball{kind}": scores["pinball"]}
    return line


def weigh(past: Windows) -> dict[str, Any]:
    """Return the chosen weights of the combination and its MASE, without the day's temperature and with it."""
    line: dict[str, Any] = {"forecaster": "combination", "settings": "{}"}
    for kind, fit in (("", past.blind()), ("_known", past)):
        middles = {}
        for name in combination.MEMBERS:
            rest, quantiles = rolling.forecast(partial(make, name, 0), fit)
            middles[name] = quantiles[..., measures.MIDDLE]
        weights = combination.choose(rest.truth, middles)
        stacked = np.stack([*middles.values()])
        made = np.tensordot(np.array([*weights.values()]) / combination.TENTHS, stacked, 1)
        line |= {f"mase{kind}": measures.mase(rest, made), f"weights{kind}": weights}
        line |= {f"mase{kind}_equal": measures.mase(rest, stacked.mean(axis=0))}
    return line


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: MASE of all that was tried."""
    columns = {
        "without temperature": lambda rows: spread(rows["mase"]),
        "known": lambda rows: spread(rows["mase_known"]),
    }
    tried = results.assign(settings=results["settings"].str.strip("{}").str.replace('"', ""))
    return markdown(tried, {"forecaster": "forecaster", "settings": "settings"}, columns)


def main() -> None:
    """Measure, print and write."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    past = splits.parts(cut(data.half_hours(settings().data_dir)), splits.MAIN)[0]
    study = Study(given.out / "tune.json", ["forecaster", "settings"])
    for name, tried in GRID:
        if not study.has(forecaster=name, settings=json.dumps(tried)):
            study.add(measure(past, name, tried))
    study.add(weigh(past))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
