"""Settings and thresholds, chosen on the streams of other folds, and what they earn where they were not chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from models.anomaly.nab_scoring import Judged, best_threshold, earned
from pipelines.anomaly.columns import STREAM, TIME, VALUE
from pipelines.anomaly.detector import SETTING, Setting, State, frozen, weighed
from pipelines.anomaly.streams import seconds

if TYPE_CHECKING:
    import pandas as pd

GRID = np.round(np.arange(0.02, 4.0, 0.01), 2)  # thresholds


FOLDS = 10
DRAWS = 120  # settings that are tried
# Between which values each constant is drawn, evenly by its logarithm: wide, and the same as before any was measured.
BETWEEN: dict[str, tuple[float, float]] = {
    "unsettled": (0.04, 0.6),
    "jumpy": (0.01, 0.2),
    "hold": (20, 320),
    "steepness": (5, 80),
    "slow": (0.0001, 0.002),
    "fast": (0.03, 0.3),
    "shrink": (0.0002, 0.005),
    "daily": (0.05, 0.8),
}


def folds(names: list[str], seed: int, count: int = FOLDS) -> dict[str, int]:
    """Return the fold of each stream, at random."""
    places = np.random.default_rng(seed).permutation(len(names)) % count
    return dict(zip(sorted(names), places.tolist(), strict=True))


def thresholds(
    labels: Mapping[str, Judged], scores: Mapping[str, np.ndarray], seed: int, count: int = FOLDS
) -> dict[str, float]:
    """Return for each stream the threshold that is best for the streams of the other folds; "" has that of all."""
    fold = folds(list(labels), seed, count)
    best = {"": best_threshold([(labels[name], scores[name]) for name in labels])[0]}
    for held in range(count):
        others = [(labels[name], scores[name]) for name in labels if fold[name] != held]
        without = best_threshold(others)[0]
        best |= {name: without for name in labels if fold[name] == held}
    return best


def drawn(number: int) -> Setting:
    """Return a setting at random: each constant between its ends, with two digits."""
    random = np.random.default_rng(number)
    values = {name: float(f"{np.exp(random.uniform(*np.log(ends))):.2g}") for name, ends in BETWEEN.items()}
    return Setting(**(values | {"hold": int(values["hold"])}))  # type: ignore[arg-type]  # hold is the one integer


def settings() -> list[Setting]:
    """Return the settings that are tried."""
    return [drawn(number) for number in range(1, DRAWS + 1)]


def named(setting: Setting) -> str:
    """Return a setting as a text."""
    return ", ".join(f"{name} {value:g}" for name, value in asdict(setting).items() if name in BETWEEN)


def signals(points: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the signals of each value of each stream, shape (n, 4): three without their weights, and `frozen`."""
    plain, by_stream = replace(SETTING, unsettled=1, jumpy=1), {}
    for name, rows in points.groupby(STREAM, sort=False, observed=True):
        state = State()
        pairs = zip(seconds(rows[TIME]), rows[VALUE].tolist(), strict=True)
        by_stream[str(name)] = np.array(
            [[*weighed(state.step(time, value), plain), frozen(state)] for time, value in pairs]
        )
    return by_stream


def scores(signals: np.ndarray, setting: Setting, of: Sequence[int] = (0, 1, 2, 3)) -> np.ndarray:
    """Return the scores of one stream, as `detector.update` makes them, shape (n,). of: the signals that count."""
    weights = np.array([1, setting.unsettled, setting.jumpy, 0])
    sums = (signals[:, of] * weights[list(of)]).sum(axis=1).tolist()
    state, evidence = State(), np.zeros(len(sums))
    for place in range(setting.learning, len(sums)):
        evidence[place] = max(state.held(sums[place], setting.hold), 0.0)
    if 3 in of:
        evidence[setting.learning :] = np.maximum(evidence, signals[:, 3])[setting.learning :]
    return evidence


def totals(labels: Mapping[str, Judged], scores: Mapping[str, np.ndarray], grid: np.ndarray = GRID) -> np.ndarray:
    """Return what each stream earns at each threshold, shape (streams, thresholds), in the order of `labels`."""
    return np.stack([earned(judged, scores[name], grid) for name, judged in labels.items()])


def out_of_fold(tables: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return what each stream earns with the setting and the threshold that are best for the streams of other folds.

    tables: shape (settings, streams, thresholds). fold: of each stream, shape (streams,). Returns shape (streams,).
    """
    values = np.empty(len(fold))
    for number in np.unique(fold):
        others = tables[:, fold != number].sum(axis=1)
        setting, threshold = np.unravel_index(int(others.argmax()), others.shape)
        values[fold == number] = tables[setting, fold == number, threshold]
    return values


def at_random(names: list[str], seed: int) -> np.ndarray:
    """Return the fold of each stream, at random, shape (streams,)."""
    fold = folds(names, seed)
    return np.array([fold[name] for name in names])


def by_family(names: list[str]) -> np.ndarray:
    """Return the fold of each stream: all of a kind, such as tweets or servers, are in one. Shape (streams,)."""
    return np.unique([name.partition("/")[0] for name in names], return_inverse=True)[1]
