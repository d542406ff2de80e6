"""`python -m pipelines.demand_forecast.tune`: the same few settings tried of every forecaster, on validation days.

Fitted on January to June, measured on July to September. The test days, from October on, are not touched. It writes
`tune.json` into the folder that it is given, and prints the table. The best of each is the default of its class.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from capstan.settings import settings
from pipelines.demand_forecast import data, measures, task
from pipelines.demand_forecast.forecasters import make
from pipelines.demand_forecast.windows import Windows, between, cut

GRID: list[tuple[str, dict[str, Any]]] = [
    ("seasonal_naive", {}),
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
    ("combination", {}),
    ("combination", {"members": ("arima", "boosting", "temporal_convolution")}),
    ("combination", {"members": ("arima", "boosting", "temporal_convolution", "autoregressive")}),
]


def parts(folder: Path | None) -> tuple[Windows, Windows]:
    """Return the windows to fit on and those to validate on."""
    windows = cut(task.split({"half_hours": data.half_hours(folder)})[0]["half_hours"])
    return between(windows, "2014-01-01", "2014-07-01"), between(windows, "2014-07-01", "2014-10-01")


def measure(some: Windows, rest: Windows, name: str, tried: dict[str, Any]) -> dict[str, Any]:
    """Return MASE and pinball loss (GW), without the day's temperature and with it."""
    line: dict[str, Any] = {"forecaster": name, "settings": json.dumps(tried)}
    for kind, fit, test in (("", some.blind(), rest.blind()), ("_known", some, rest)):
        found = measures.score(rest, make(name, 0, **tried).fit(fit).predict(test))
        line |= {f"mase{kind}": found["mase"], f"pinball{kind}": found["pinball"]}
    return line


def markdown(table: pd.DataFrame) -> str:
    """Return a line per forecaster and settings."""
    lines = [
        "| forecaster | settings | MASE without temperature | with it |",
        "| --- | --- | ---: | ---: |",
    ]
    for row in table.to_dict("records"):
        lines.append("| {forecaster} | `{settings}` | {mase:.3f} | {mase_known:.3f} |".format_map(row))
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    some, rest = parts(settings().data_dir)
    lines = []
    for name, tried in GRID:
        lines.append(measure(some, rest, name, tried))
        print(json.dumps(lines[-1]), flush=True)
    table = pd.DataFrame(lines)
    (given.out / "tune.json").write_text(table.to_json(orient="records", indent=1))
    print(markdown(table))


if __name__ == "__main__":
    main()
