"""`python -m pipelines.demand_forecast.compare`: every forecaster on the same test days, over five seeds.

Each is fitted on the days before October, and calibrated on weeks that it was not fitted on. It then forecasts each
day of October to December from midnight. "Weekly" ones are fitted again after each week of these. It writes
`compare.json` into the folder `out`, where what is not measured this time stays, and prints the table.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models import regression
from models.study import Line, Study, markdown, options, spread
from pipelines.demand_forecast import conformal, data, measures, task
from pipelines.demand_forecast.combination import MEMBERS
from pipelines.demand_forecast.forecasters import FORECASTERS, make
from pipelines.demand_forecast.windows import Windows, cut

RANDOM = {"boosting", "temporal_convolution", "autoregressive"}  # the others give every seed the same
WEEKLY = ["arima, weekly", "boosting, weekly", "combination, weekly"]
NAMES = [*FORECASTERS, *WEEKLY]
FOLDS = {"temporal_convolution": 1, "autoregressive": 1}  # of 4 that calibrate; the networks take long to fit
KINDS = ("without", "known")


def raw(name: str, seed: int, past: Windows, test: Windows, cache: Path) -> dict[str, np.ndarray]:
    """Return what a forecaster says of unseen weeks and of the test days, before calibration; kept in `cache`."""
    settings = f"{name} {vars(make(name, seed))} {past.ahead is not None}"
    kept = cache / f"{name}-{hashlib.sha256(settings.encode()).hexdigest()[:12]}.npz"
    if not kept.exists():
        began = time.monotonic()
        truth, unseen = conformal.unseen(lambda: make(name, seed), past, FOLDS.get(name, conformal.FOLDS))
        predicted = make(name, seed).fit(past).predict(test)
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(kept, truth=truth, unseen=unseen, test=predicted, seconds=time.monotonic() - began)
    return dict(np.load(kept))


def again(name: str, seed: int, past: Windows, test: Windows, cache: Path) -> dict[str, np.ndarray]:
    """Return the same, but the test days of each week from a forecaster that was fitted on all days before it."""
    arrays, kept = raw(name, seed, past, test, cache), cache / f"{name}-{seed}-{past.ahead is not None}-weekly.npz"
    if not kept.exists():
        began, weeks = time.monotonic(), [test[first : first + 7] for first in range(0, len(test), 7)]
        made = [make(name, seed).fit(joined(past, test, len(past) + 7 * n)).predict(w) for n, w in enumerate(weeks)]
        np.savez(kept, test=np.concatenate(made), seconds=time.monotonic() - began)
    return arrays | dict(np.load(kept))


def joined(past: Windows, test: Windows, days: int) -> Windows:
    """Return the first days of two groups of windows, one after the other."""
    parts = {
        name: value.append(getattr(test, name)) if name == "start" else np.concatenate([value, getattr(test, name)])
        for name, value in vars(past).items()
        if value is not None
    }
    return Windows(**parts)[:days]


def forecasts(name: str, seed: int, past: Windows, test: Windows, cache: Path) -> dict[str, np.ndarray]:
    """Return the same of a line of the table: of the combination from its members, and of weekly ones."""
    name, _, weekly = name.partition(", ")
    if name != "combination":
        return (again if weekly else raw)(name, seed if name in RANDOM else 0, past, test, cache)
    parts = [forecasts(f"{member}, weekly" if weekly else member, seed, past, test, cache) for member in MEMBERS]
    return {key: np.mean([part[key] for part in parts], axis=0) for key in ("truth", "unseen", "test")} | {
        "seconds": np.sum([part["seconds"] for part in parts])
    }


def measure(past: Windows, test: Windows, name: str, seed: int, cache: Path) -> list[Line]:
    """Return the measures without the day's temperature and with it, and those of each weekly schedule of origins."""
    lines = []
    for kind, fit, days in zip(KINDS, (past.blind(), past), (test.blind(), test), strict=True):
        arrays = forecasts(name, seed, fit, days, cache)
        quantiles = conformal.stretch(arrays["test"], conformal.factors(arrays["truth"], arrays["unseen"]))
        weekly = [1 - measures.score(test[day::7], quantiles[day::7])["mase"] for day in range(7)]
        lines.append(
            {"forecaster": name, "temperature": kind, "seed": seed}
            | measures.score(test, quantiles)
            | {"coverage_before": regression.coverage(test.truth, arrays["test"]), "weekly": weekly}
            | {"seconds": float(arrays["seconds"])}
        )
    return lines


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row per forecaster, without the day's temperature and with it."""
    order = {name: place for place, name in enumerate(NAMES)}
    ordered = results.sort_values("forecaster", key=lambda names: names.map(order), kind="stable")
    columns = {
        "MAE, GW": lambda rows: spread(rows["mae"]),
        "below the seasonal naive": lambda rows: f"{spread(1 - rows['mase'], 100, 1)} %",
        "coverage of 80 %": lambda rows: f"{spread(rows['coverage'], 100, 1)} %",
        "before calibration": lambda rows: f"{spread(rows['coverage_before'], 100, 1)} %",
    }
    return markdown(ordered, {"forecaster": "forecaster", "temperature": "temperature"}, columns)


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--forecasters", nargs="+", default=NAMES, choices=NAMES)
    parser.add_argument("--cache", type=Path, default=settings().home / "demand_forecast")
    given = parser.parse_args()
    past, test = (cut(part["half_hours"]) for part in task.split({"half_hours": data.half_hours(settings().data_dir)}))
    study = Study(given.out / "compare.json", ["forecaster", "temperature", "seed"])
    for seed in range(given.seeds):
        for name in given.forecasters:
            study.add(*measure(past, test, name, seed, given.cache))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
