"""`python -m pipelines.demand_forecast.tune`: the same few settings tried of every forecaster, on validation days.

Fitted on January to June, measured on July to September. The test days, from October on, are not touched. It adds
what `tune.json` of the folder that it is given does not have, and prints the table. The README says what it decided.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from capstan.settings import settings
from models.study import Study, markdown, spread
from pipelines.demand_forecast import data, measures, task
from pipelines.demand_forecast.forecasters import make
from pipelines.demand_forecast.windows import Windows, between, cut

GRID: list[tuple[str, dict[str, Any]]] = [
    ("seasonal_naive", {}),
    ("alike_mean", {}),
    ("ridge", {}),
    ("ridge", {"penalties": (10.0,)}),
    ("ridge", {"penalties": (100.0,)}),
    ("arima", {"order": (1, 0, 0)}),
    ("arima", {"order": (2, 0, 1)}),
    ("arima", {"order": (2, 0, 1), "seasonal": (1, 0, 1, 48)}),
    ("arima", {"order": (2, 0, 1), "harmonics": 6}),
    ("boosting", {"rounds": 400}),
    ("boosting", {"rounds": 800}),
    ("boosting", {"rounds": 400, "num_leaves": 15}),
    ("temporal_convolution", {"epochs": 30}),
    ("temporal_convolution", {"epochs": 60}),
    ("autoregressive", {"epochs": 80}),
    ("autoregressive", {"epochs": 160}),
    ("combination", {"members": ("arima", "boosting")}),
    ("combination", {"members": ("ridge", "boosting")}),
    ("combination", {"members": ("ridge", "arima")}),
    ("combination", {"members": ("ridge", "arima", "boosting")}),
    ("combination", {"members": ("ridge", "arima", "boosting", "temporal_convolution")}),
]


def parts(folder: Path | None) -> tuple[Windows, Windows]:
    """Return the windows to fit on and those to validate on."""
    windows = cut(task.split({"half_hours": data.half_hours(folder)})[0]["half_hours"])
    return between(windows, "2014-01-01", "2014-07-01"), between(windows, "2014-07-01", "2014-10-01")


def measure(some: Windows, rest: Windows, name: str, tried: dict[str, Any]) -> dict[str, Any]:
    """Return MASE and pinball loss (GW), without the day's temperature and with it."""
    line: dict[str, Any] = {"forecaster": name, "settings": json.dumps(tried)}
    for kind, fit, test in (("", some.blind(), rest.blind()), ("_known", some, rest)):
        scores = measures.score(rest, make(name, 0, **tried).fit(fit).predict(test))
        line |= {f"mase{kind}": scores["mase"], f"pinball{kind}": scores["pinball"]}
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    some, rest = parts(settings().data_dir)
    study = Study(given.out / "tune.json", ["forecaster", "settings"])
    for name, tried in GRID:
        if not study.has(forecaster=name, settings=json.dumps(tried)):
            study.add(measure(some, rest, name, tried))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
