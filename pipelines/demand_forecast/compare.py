"""`python -m pipelines.demand_forecast.compare`: every forecaster on the same test days, of each split, over the seeds.

Each is fitted on the days before the test, and calibrated on weeks that it was not fitted on. It then forecasts each
day from midnight. The weights of the combination are chosen by rolling origins of the same days. `--errors` measures
the combination with errors of the temperature. It writes `compare.json` into the folder `out`, where what is not
measured this time stays, and prints the tables.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import elecdemand as data
from models.metrics import regression
from models.study import Line, Study, markdown, options, spread
from pipelines.demand_forecast import combination, conformal, measures, rolling, splits
from pipelines.demand_forecast.combination import MEMBERS, kind
from pipelines.demand_forecast.forecasters import FORECASTERS, make
from pipelines.demand_forecast.weather import disturbed
from pipelines.demand_forecast.windows import FOLDS as QUARTERS
from pipelines.demand_forecast.windows import Windows, cut

RANDOM = {"boosting", "temporal_convolution", "autoregressive"}  # the others give every seed the same
FOLDS = {"temporal_convolution": 1, "autoregressive": 1}  # of 4 that calibrate; the networks take long to fit
ERRORS = (0.0, 1.0, 2.0)  # degrees C, standard deviation
KEYS = ["split", "forecaster", "temperature", "learned", "error", "seed"]
Arrays = dict[str, np.ndarray]


class Forecasts:
    """What forecasters say of unseen weeks, from rolling origins and of the test days, kept in a folder."""

    def __init__(self, past: Windows, cache: Path):
        self.past, self.cache = past, cache

    def kept(self, name: str, seed: int, what: str, windows: Windows, work: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of a piece of work, and how many seconds it took."""
        parts = [self.past.start[[0, -1]].asi8, windows.start[[0, -1]].asi8]
        parts += [windows.ahead, self.past.ahead] if windows.ahead is not None and self.past.ahead is not None else []
        told = f"{name} {what} {vars(make(name, seed))}".encode() + b"".join(part.tobytes() for part in parts)
        file = self.cache / f"{name}-{what}-{hashlib.sha256(told).hexdigest()[:12]}.npz"
        if not file.exists():
            began = time.monotonic()
            made = work()
            self.cache.mkdir(parents=True, exist_ok=True)
            np.savez(file, allow_pickle=False, **made, seconds=np.array(time.monotonic() - began))
        return dict(np.load(file))

    def unseen(self, name: str, seed: int) -> Arrays:
        """Return `rows` and `made`, the quantiles of weeks that were left out."""
        folds = FOLDS.get(name, QUARTERS)

        def work() -> Arrays:
            return dict(
                zip(("rows", "made"), conformal.unseen(lambda: make(name, seed), self.past, folds), strict=True)
            )

        return self.kept(name, seed, "unseen", self.past, work)

    def rolling(self, name: str, seed: int) -> Arrays:
        """Return `made`, the quantiles from rolling origins."""
        return self.kept(
            name, seed, "rolling", self.past, lambda: {"made": rolling.forecast(lambda: make(name, seed), self.past)[1]}
        )

    def days(self, name: str, seed: int, test: Windows) -> Arrays:
        """Return `made`, the quantiles of the test days."""
        return self.kept(name, seed, "days", test, lambda: {"made": make(name, seed).fit(self.past).predict(test)})

    def of(self, name: str, seed: int, test: Windows) -> tuple[np.ndarray, np.ndarray, np.ndarray, Line]:
        """Return the rows of unseen weeks, their quantiles, those of the test days, and seconds and weights."""
        if name != "combination":
            given = seed if name in RANDOM else 0
            unseen, days = self.unseen(name, given), self.days(name, given, test)
            return unseen["rows"], unseen["made"], days["made"], {"seconds": float(unseen["seconds"] + days["seconds"])}
        parts = [self.of(member, seed, test) for member in MEMBERS]
        origins = [self.rolling(member, seed if member in RANDOM else 0) for member in MEMBERS]
        middles = [origin["made"][..., measures.MIDDLE] for origin in origins]
        truth = self.past.truth[-len(middles[0]) :]
        weights = combination.choose(truth, dict(zip(MEMBERS, middles, strict=True)))
        shares = np.array([weights[member] for member in MEMBERS]) / combination.TENTHS
        left_out = np.tensordot(shares, np.stack([part[1] for part in parts]), 1)
        made = np.tensordot(shares, np.stack([part[2] for part in parts]), 1)
        seconds = sum(part[3]["seconds"] for part in parts) + sum(float(origin["seconds"]) for origin in origins)
        return parts[0][0], left_out, made, {"seconds": seconds, "weights": weights}


def measure(given: Forecasts, test: Windows, name: str, seed: int, hot: np.ndarray, case: Line) -> Line:
    """Return the measures of a forecaster. hot: the places of hot days. case: what names the line."""
    rows, unseen, days, more = given.of(name, seed, test)
    quantiles = conformal.calibrate(test, days, *conformal.learn(given.past, rows, unseen))
    return (
        case
        | {"forecaster": name, "temperature": kind(test), "seed": seed}
        | measures.score(test, quantiles)
        | measures.where(test, quantiles, hot)
        | {"coverage_before": regression.coverage(test.truth, days)}
        | more
    )


def lines(past: Windows, test: Windows, name: str, seed: int, split: str, cache: Path) -> list[Line]:
    """Return the measures without the day's temperature and with it."""
    case: Line = {"split": split, "learned": 0.0, "error": 0.0}
    hot = measures.hottest(test)
    pairs = ((past.blind(), test.blind()), (past, test))
    return [measure(Forecasts(fit, cache), days, name, seed, hot, case) for fit, days in pairs]


def errors(past: Windows, test: Windows, seed: int, split: str, cache: Path) -> list[Line]:
    """Return the measures of the combination with errors of the temperature, in what it learned from and on the day."""
    made, hot = [], measures.hottest(test)
    for learned in ERRORS:
        given = Forecasts(disturbed(past, learned, seed), cache)
        for error in ERRORS:
            case: Line = {"split": split, "learned": learned, "error": error}
            made.append(measure(given, disturbed(test, error, 1000 + seed), "combination", seed, hot, case))
    return made


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README: by split and forecaster, and with errors of the temperature."""
    order = {name: place for place, name in enumerate(FORECASTERS)}
    ordered = results.sort_values("forecaster", key=lambda names: names.map(order), kind="stable")
    exact = ordered[(ordered["learned"] == 0) & (ordered["error"] == 0)]
    columns = {
        "MASE": lambda rows: spread(rows["mase"]),
        "MAE, GW": lambda rows: spread(rows["mae"]),
        "coverage of 80 %": lambda rows: spread(rows["coverage"], 100, 1),
        "ten hottest days": lambda rows: spread(rows["coverage_hottest"], 100, 1),
        "peaks": lambda rows: spread(rows["coverage_peak"], 100, 1),
        "before calibration": lambda rows: spread(rows["coverage_before"], 100, 1),
    }
    by = {"forecaster": "forecaster", "temperature": "temperature"}
    made = [f"{split}\n\n{markdown(exact[exact['split'] == split], by, columns)}" for split in splits.SPLITS]
    served = (ordered["forecaster"] == "combination") & (ordered["temperature"] == "known")
    known = ordered[served & (ordered["split"] == splits.MAIN)]
    by = {"learned with, °C": "learned", "error of the day, °C": "error"}
    return "\n\n".join([*made, markdown(known, by, columns)])


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--forecasters", nargs="*", default=list(FORECASTERS), choices=FORECASTERS)
    parser.add_argument("--splits", nargs="+", default=list(splits.SPLITS), choices=splits.SPLITS)
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--cache", type=Path, default=settings().home / "demand_forecast")
    given = parser.parse_args()
    windows = cut(data.half_hours(settings().data_dir))
    study = Study(given.out / "compare.json", KEYS)
    for split in given.splits:
        past, test = splits.parts(windows, split)
        for seed in range(given.seeds):
            for name in given.forecasters:
                study.add(*lines(past, test, name, seed, split, given.cache))
            if given.errors:
                study.add(*errors(past, test, seed, split, given.cache))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
