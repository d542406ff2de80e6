"""What does a fleet cost under each policy, on engines that were held out?

Every engine of the training files is predicted by a model of other folds. The constants of each policy are chosen on
half of the engines, and its cost per 1,000 cycles is measured on the other half, with intervals by a bootstrap over
engines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from capstan.study import Line, Measure, Study, Table, ranged
from capstan.study.protocol import Show
from pipelines.maintenance import data, plan, training
from pipelines.maintenance.boosting import Boosting
from pipelines.maintenance.columns import CAP
from pipelines.maintenance.intervals import Nearby
from pipelines.maintenance.plan import FAILURE, SLOT
from pipelines.maintenance.state import State
from pipelines.maintenance.studies.compare import study as compare
from pipelines.maintenance.studies.schedule import fleet
from pipelines.maintenance.studies.schedule.fleet import Lives, Outcome, Policy

POSITIONS, SLOTS = 16, 200  # engines at a time, and slots of ten cycles
HANGARS = (1, 2)  # engines in ten cycles: the fleet needs 0.8 of the first
FAILURES = (5.0, FAILURE, 20.0)
REPEATS, CHOICES = 100, 10  # fleets whose engines are drawn, to measure and to choose
SURPRISES = (0.0, 0.03, 0.1, 0.3, 1.0)
AGES, LEFT = (100, 110, 120, 130, 140, 150, 170), (10, 20, 30, 40, 50, 60, 70, 80, 100)
PLAN, NOBODY = "integer program", "run to failure"


def held_out(engines: list[data.Engine], seed: int) -> Lives:
    """Return what is said of each engine by a model, and by a table of probabilities, of the other folds."""
    fold = training.folds(len(engines), seed)
    left = np.full((len(engines), fleet.LONGEST), float(CAP))
    true = np.full(left.shape, np.nan)
    for held in range(training.FOLDS):
        past = [engine for engine, own in zip(engines, fold, strict=True) if own != held]
        state = State().fit(past)
        model = Boosting(seed).fit([state.features(engine) for engine in past], [engine.left for engine in past])
        for place in np.flatnonzero(fold == held):
            engine = engines[place]
            cycles = np.arange(2 * SLOT, len(engine.cycle), SLOT)  # a newer engine has shown nothing: it has CAP left
            left[place, cycles // SLOT] = model.predict(state.features(engine)[cycles - 1])
            true[place, cycles // SLOT] = engine.left[cycles - 1]
    failing = np.empty((*left.shape, plan.SLOTS + 1))
    for held in range(training.FOLDS):
        own, known = fold == held, ~np.isnan(true) & (fold != held)[:, None]
        chances = Nearby().fit(left[known], true[known]).failing(left[own].ravel(), plan.STARTS)
        failing[own] = chances.reshape(own.sum(), fleet.LONGEST, -1)
    return Lives(np.array([engine.cycle[-1] for engine in engines]), left, failing)


def drawn(lives: Lives, places: np.ndarray) -> Lives:
    """Return some of the engines."""
    return Lives(*(values[places] for values in lives))


def outcomes(lives: Lives, policy: Policy, hangar: int, repeats: int) -> list[Outcome]:
    """Return what happens to fleets of engines that are drawn with replacement, the same for every policy."""
    count = len(lives.life)
    return [
        fleet.simulate(
            drawn(lives, np.random.default_rng(seed).integers(0, count, count)), policy, POSITIONS, hangar, SLOTS, seed
        )
        for seed in range(repeats)
    ]


def policies(choose: Lives, hangar: int, failure: float) -> dict[str, tuple[str, Policy]]:
    """Return each policy with its constant in words, chosen where it has the lowest mean cost."""

    def best(make: Callable[[Any], Policy], values: tuple[Any, ...]) -> Any:
        def cost(value: Any) -> float:
            return float(np.mean([outcome.cost(failure) for outcome in outcomes(choose, make(value), hangar, CHOICES)]))

        return min(values, key=cost)

    age, left = best(fleet.interval, AGES), best(fleet.threshold, LEFT)
    life = float(choose.life.mean())
    surprise = best(partial(fleet.planned, failure, life), SURPRISES)
    return {
        NOBODY: ("", fleet.run_to_failure),
        "fixed interval": (f"from {age} cycles on", fleet.interval(age)),
        "threshold": (f"from {left} cycles left on", fleet.threshold(left)),
        PLAN: (f"surprise {surprise:g}", fleet.planned(failure, life, surprise)),
        "the same, knowing each failure": ("nobody can", fleet.oracle(failure, life)),
    }


def cost(hangar: int, failure: float) -> Iterator[Line]:
    """Yield a line per policy: its cost per 1,000 cycles, and how much more than the plan's, both with intervals."""
    lives = known()
    half = np.random.default_rng(0).permutation(len(lives.life)) % 2 == 0
    chosen = policies(drawn(lives, np.flatnonzero(half)), hangar, failure)
    rest = drawn(lives, np.flatnonzero(~half))
    by_policy = {name: outcomes(rest, policy, hangar, REPEATS) for name, (_, policy) in chosen.items()}
    costs = {name: np.array([outcome.cost(failure) for outcome in own]) for name, own in by_policy.items()}
    for name, own in by_policy.items():
        line: Line = {"policy": name, "constant": chosen[name][0]}
        for title, values in (("cost", costs[name]), ("more", costs[name] - costs[PLAN])):
            low, high = np.quantile(values, [0.025, 0.975])
            line |= {title: float(values.mean()), f"{title}_low": float(low), f"{title}_high": float(high)}
        cycles = sum(outcome.cycles for outcome in own)
        line |= {"failures": 1_000 * sum(outcome.failures for outcome in own) / cycles}
        yield line | {"services": 1_000 * sum(outcome.services for outcome in own) / cycles}


@cache
def known() -> Lives:
    """Return all engines to learn from, each as models of other folds see it."""
    return held_out(compare.engines()[0], seed=0)


COLUMNS: dict[str, Show] = {
    "cost per 1,000 cycles": ranged("cost", 2),
    "more than the plan": ranged("more", 2),
    "failures": lambda rows: f"{rows['failures'].iloc[0]:.2f}",
    "services": lambda rows: f"{rows['services'].iloc[0]:.2f}",
}
CASES = [
    *((hangar, FAILURE) for hangar in HANGARS),
    *((HANGARS[0], failure) for failure in FAILURES if failure != FAILURE),
]
BY = {"hangar": "hangar", "failure costs": "failure", "policy": "policy", "constant": "constant"}

STUDY = Study(
    measures=[Measure(cost, [{"hangar": hangar, "failure": failure} for hangar, failure in CASES])],
    tables=[Table(BY, COLUMNS)],
    seeds=0,
)
