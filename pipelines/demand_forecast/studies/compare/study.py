"""How wrong is each forecaster on the same days, and do its intervals cover what they promise?

Each is fitted on the days before the test, and calibrated on weeks that it was not fitted on. It then forecasts each
day from midnight, with the week before the day, without the day's temperature and with the one that was measured later.
The weights of the combination are chosen by rolling origins of the same days. `errors` measures the combination with
errors of the temperature, in what it learned from and on the day.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.forecasting import combination, conformal, measures, rolling
from models.forecasting.combination import kind
from models.forecasting.weather import disturbed
from models.forecasting.windows import FOLDS, Windows
from models.metrics import regression
from pipelines.demand_forecast.forecasters import MEMBERS, make
from pipelines.demand_forecast.studies import splits

FORECASTERS = ("seasonal_naive", "alike_mean", "ridge", "curves", "arima", "boosting", "combination")
RANDOM = ("boosting", "combination")  # the others give every seed the same
ERRORS = (0.0, 1.0, 2.0)  # degrees C, standard deviation
Arrays = dict[str, np.ndarray]


class Forecasts:
    """What forecasters say of unseen weeks, from rolling origins and of the test days, kept under CAPSTAN_HOME."""

    def __init__(self, past: Windows):
        self.past, self.cache = past, settings().home / "demand_forecast"

    def kept(self, name: str, seed: int, what: str, windows: Windows, work: Callable[[], Arrays]) -> Arrays:
        """Return the arrays of a piece of work, and how many seconds it took."""
        parts = [self.past.start[[0, -1]].asi8, windows.start[[0, -1]].asi8]
        parts += [windows.ahead, self.past.ahead] if windows.ahead is not None and self.past.ahead is not None else []
        identity = f"{name} {what} {vars(make(name, seed))}".encode() + b"".join(part.tobytes() for part in parts)
        file = self.cache / f"{name}-{what}-{hashlib.sha256(identity).hexdigest()[:12]}.npz"
        if not file.exists():
            began = time.monotonic()
            arrays = work()
            self.cache.mkdir(parents=True, exist_ok=True)
            np.savez(file, allow_pickle=False, **arrays, seconds=np.array(time.monotonic() - began))
        return dict(np.load(file))

    def unseen(self, name: str, seed: int) -> Arrays:
        """Return `rows` and `made`, the quantiles of weeks that were left out."""

        def work() -> Arrays:
            return dict(
                zip(("rows", "made"), conformal.unseen(lambda: make(name, seed), self.past, FOLDS), strict=True)
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
            own = seed if name in RANDOM else 0
            unseen, days = self.unseen(name, own), self.days(name, own, test)
            return unseen["rows"], unseen["made"], days["made"], {"seconds": float(unseen["seconds"] + days["seconds"])}
        parts = [self.of(member, seed, test) for member in MEMBERS]
        origins = [self.rolling(member, seed if member in RANDOM else 0) for member in MEMBERS]
        middles = [origin["made"][..., measures.MIDDLE] for origin in origins]
        truth = self.past.truth[-len(middles[0]) :]
        weights = combination.choose(truth, dict(zip(MEMBERS, middles, strict=True)))
        shares = np.array([weights[member] for member in MEMBERS]) / combination.TENTHS
        left_out = np.tensordot(shares, np.stack([part[1] for part in parts]), 1)
        combined = np.tensordot(shares, np.stack([part[2] for part in parts]), 1)
        seconds = sum(part[3]["seconds"] for part in parts) + sum(float(origin["seconds"]) for origin in origins)
        return parts[0][0], left_out, combined, {"seconds": seconds, "weights": weights}


def measure(known: Forecasts, test: Windows, name: str, seed: int, hot: np.ndarray) -> Line:
    """Return the measures of a forecaster. hot: the places of hot days."""
    rows, unseen, days, more = known.of(name, seed, test)
    quantiles = conformal.calibrate(test, days, *conformal.learn(known.past, rows, unseen))
    scores = measures.score(test, quantiles) | measures.where(test, quantiles, hot)
    return {"temperature": kind(test)} | scores | {"coverage_before": regression.coverage(test.truth, days)} | more


def forecasts(split: str, forecaster: str, seed: int, most: int | None = None) -> Iterator[Line]:
    """Yield the measures without the day's temperature and with it. most: days to learn from, for a trial."""
    past, test = splits.parts(splits.year(), split)
    past = past[-most:] if most else past
    hot = measures.hottest(test)
    for fit, days in ((past.blind(), test.blind()), (past, test)):
        yield {"part": split} | measure(Forecasts(fit), days, forecaster, seed, hot)


def errors(seed: int) -> Iterator[Line]:
    """Yield the measures of the combination with errors of the temperature."""
    past, test = splits.parts(splits.year(), splits.MAIN)
    for learned in ERRORS:
        known = Forecasts(disturbed(past, learned, seed))
        for error in ERRORS:
            days = disturbed(test, error, 1000 + seed)
            line = measure(known, days, "combination", seed, measures.hottest(test))
            yield {"learned": learned, "error": error} | line


def percent(name: str) -> Show:
    """Return what shows a share, in percent."""
    return lambda rows: spread(rows[name], 100, 1)


def number(name: str) -> Show:
    """Return what shows an error."""
    return lambda rows: spread(rows[name])


def ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the lines in the order of the forecasters."""
    order = {name: place for place, name in enumerate(FORECASTERS)}
    return rows.sort_values("forecaster", key=lambda names: names.map(order), kind="stable")


COLUMNS = {
    "MASE": number("mase"),
    "MAE, GW": number("mae"),
    "coverage of 80 %": percent("coverage"),
    "ten hottest days": percent("coverage_hottest"),
    "peaks": percent("coverage_peak"),
    "before calibration": percent("coverage_before"),
}
CASES = [{"split": split, "forecaster": name} for split, name in product(splits.SPLITS, FORECASTERS)]
MANY = [case for case in CASES if case["split"] == splits.MAIN and case["forecaster"] in RANDOM]
STUDY = Study(
    measures=[
        Measure(forecasts, MANY),
        Measure(forecasts, [case for case in CASES if case not in MANY], seeds=1),
        Measure(errors, seeds=1),
    ],
    tables=[
        *(
            Table({split: "forecaster", "temperature": "temperature"}, COLUMNS, split, ordered)
            for split in splits.SPLITS
        ),
        Table({"learned with, °C": "learned", "error of the day, °C": "error"}, COLUMNS, "errors"),
    ],
)
