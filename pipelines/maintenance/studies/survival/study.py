"""What do the first cycles say of a whole life?

At a landmark, such as 60 cycles, the health index and its slope are known: Weibull's and Cox's models say how long such
engines last. They learn from engines that ran to failure and, as censored lives, from those to test on, whose end
nobody knows; they are measured on the engines to learn from, by five folds. And: how unusual the first cycles are, and
whether such engines fail soon.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from models.metrics import bootstrap
from models.survival.cox import Cox, concordance
from models.survival.kaplan_meier import fit as kaplan_meier
from models.survival.weibull import Weibull
from pipelines.maintenance import data, training, windows
from pipelines.maintenance.state import State
from pipelines.maintenance.studies.compare import study as compare
from pipelines.maintenance.studies.survival.early import CYCLES, Early

LANDMARKS = (30, 60, 100)  # cycles
REPEATS = 1_000  # of the bootstrap


def covariates(state: State, engines: list[data.Engine], landmark: int) -> np.ndarray:
    """Return health at the landmark, and its slope over the cycles until then, times the cycles, shape (n, 2)."""
    health = [state.health(engine)[:landmark] for engine in engines]
    slopes = [windows.slope(own[:, None], landmark)[-1, 0] * landmark for own in health]
    return np.column_stack([[own[-1] for own in health], slopes])


def predicted(
    past: list[data.Engine], alive: list[data.Engine], held: list[data.Engine], landmark: int
) -> dict[str, np.ndarray]:
    """Return for held-out engines the median life by each method, and Cox's risk, shapes (n,)."""
    state = State().fit(past)
    watched = [*past, *alive]
    time = np.array([float(engine.cycle[-1]) for engine in watched])
    event = np.repeat([1.0, 0.0], [len(past), len(alive)])
    entry, now = np.full(len(watched), float(landmark)), np.full(len(held), float(landmark))
    x, asked = covariates(state, watched, landmark), covariates(state, held, landmark)
    weibull = Weibull().fit(x, time, event, entry)
    cox = Cox(ridge=1e-3).fit(x, time, event, entry)
    hazard = cox.hazard(np.full(len(cox.times), float(landmark)), cox.times)
    alive_at = np.exp(-hazard[None] * np.exp(cox.log_risk(asked))[:, None])
    below = np.where((alive_at <= 0.5).any(axis=1), (alive_at <= 0.5).argmax(axis=1), len(cox.times) - 1)
    median = kaplan_meier(time, event, entry).median()
    return {
        "Kaplan-Meier": np.full(len(held), median),
        "Weibull": weibull.median(asked, now),
        "Cox": cox.times[below],
    }


def landmark() -> Iterator[Line]:
    """Yield a line per landmark and method: concordance, and the mean error of the median, with its interval."""
    engines, test = compare.engines()
    life = np.array([float(engine.cycle[-1]) for engine in engines])
    fold = training.folds(len(engines), seed=0)
    for cycles in LANDMARKS:
        alive = [engine for engine in test if engine.cycle[-1] > cycles]
        by_method: dict[str, np.ndarray] = {}
        for number in range(training.FOLDS):
            past = [engine for engine, own in zip(engines, fold, strict=True) if own != number]
            held = [engine for engine, own in zip(engines, fold, strict=True) if own == number]
            for name, own in predicted(past, alive, held, cycles).items():
                by_method.setdefault(name, np.empty(len(engines)))[fold == number] = own
        for name, own in by_method.items():
            errors = np.abs(own - life)
            low, high = interval(errors)
            line: Line = {"landmark": cycles, "method": name, "engines": len(engines)}
            line |= {"concordance": concordance(life, np.ones(len(life)), -own), "error": float(errors.mean())}
            yield line | {"low": low, "high": high}


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean over engines."""
    low, high = bootstrap.interval([values[sample].mean() for sample in bootstrap.samples(len(values), REPEATS)])
    return float(low), float(high)


def early() -> Iterator[Line]:
    """Yield a line per data set: the rank correlation of the early score with the life, out of fold."""
    from scipy.stats import spearmanr

    engines, _ = compare.engines()
    fold, score = training.folds(len(engines), seed=0), np.empty(len(engines))
    for held in range(training.FOLDS):
        past = [engine for engine, own in zip(engines, fold, strict=True) if own != held]
        state = State().fit(past)
        score[fold == held] = (
            Early()
            .fit(state, past)
            .score(state, [engine for engine, own in zip(engines, fold, strict=True) if own == held])
        )
    life, of = (
        np.array([engine.cycle[-1] for engine in engines]),
        np.array([engine.name.split("-")[0] for engine in engines]),
    )
    for subset in dict.fromkeys(of.tolist()):
        own, lives = score[of == subset], life[of == subset]
        samples = bootstrap.samples(len(own), REPEATS)
        low, high = bootstrap.interval([spearmanr(own[sample], lives[sample]).statistic for sample in samples])
        line: Line = {"landmark": CYCLES, "method": subset, "engines": len(own)}
        yield line | {"correlation": float(spearmanr(own, lives).statistic), "low": float(low), "high": float(high)}


def ranged(name: str, digits: int) -> Show:
    """Return what shows a field with the interval of its line."""
    parts = (name, "low", "high")
    return lambda rows: "{:.{d}f} ({:.{d}f} to {:.{d}f})".format(*(rows[part].iloc[0] for part in parts), d=digits)


LIVES: dict[str, Show] = {
    "concordance": lambda rows: f"{rows['concordance'].iloc[0]:.3f}",
    "mean error of the median life, cycles": ranged("error", 1),
}
EARLY = {"rank correlation with the life": ranged("correlation", 2)}

STUDY = Study(
    measures=[Measure(landmark), Measure(early)],
    tables=[
        Table({"known cycles": "landmark", "method": "method"}, LIVES, "landmark"),
        Table({"unusual in the first 19 cycles": "method", "engines": "engines"}, EARLY, "early"),
    ],
    seeds=0,
)
