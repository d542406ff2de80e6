"""Ray Tune's own schedulers, on the same trials: they get the same questions and reports as from Tune's controller,
without a
cluster, one trial at a time.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import AsyncHyperBandScheduler, HyperBandScheduler, PopulationBasedTraining, TrialScheduler

from models.search.base import Draw, Parameters, rungs
from models.search.hyperband import Rung
from models.search.population import FACTORS, Prior
from models.search.workers import Train

NAMES: dict[str, Any] = {"metric": "loss", "mode": "min", "time_attr": "step"}


@dataclass
class Report:
    """What was reported to a scheduler, and what it answered. state: the network at that time."""

    trial: int
    step: int
    loss: float
    parameters: Parameters
    action: str
    state: Any = field(repr=False)


class Controller:
    """Stands where Tune's `TuneController` does. Its methods are those that the three schedulers call.

    draw: the parameters of a new trial. It gets `trials` at once, or one whenever the scheduler has no other to run.
    budget: the steps that all take together. `reports` says what happened.
    """

    search_alg = None

    def __init__(self, scheduler: Any, draw: Draw, train: Train, most: int, budget: int, trials: int = 0):
        self.scheduler, self.draw, self.train, self.most, self.budget = scheduler, draw, train, most, budget
        self.known: list[Trial] = []
        self.reports: list[Report] = []
        self.states: dict[str, Any] = {}
        self.grows = not trials
        for _ in range(trials):
            self.add()

    def add(self) -> None:
        """Add a new trial."""
        number = len(self.known)
        trial = Trial("network", config=self.draw(number), trial_id=str(number), stub=True)
        self.known.append(trial)
        self.scheduler.on_trial_add(self, trial)

    def run(self) -> None:
        """Run until the budget is used or there is nothing to run."""
        while len(self.reports) < self.budget:
            trial = self.scheduler.choose_trial_to_run(self)
            if trial is None:
                if not self.grows:
                    return
                self.add()
                continue
            trial.status = Trial.RUNNING
            while trial.status == Trial.RUNNING and len(self.reports) < self.budget:
                self.step(trial)

    def step(self, trial: Trial) -> None:
        """Train one step, report it to the scheduler, and do what it answers."""
        start, state = self._state(trial)
        parameters = dict(trial.config)
        loss, state = self.train(parameters, state, start, start + 1)
        self.states[trial.trial_id] = (start + 1, state)
        result = {"step": start + 1, "loss": loss}
        if start + 1 >= self.most and isinstance(self.scheduler, PopulationBasedTraining):
            action = TrialScheduler.STOP  # as `stop={"step": most}` does: the scheduler is not asked any more
        else:
            action = self.scheduler.on_trial_result(self, trial, result)
        trial.run_metadata.last_result = result
        if action == TrialScheduler.STOP:
            self.stop_trial(trial)
        elif action == TrialScheduler.PAUSE:
            self.pause_trial(trial)
        self.reports.append(Report(int(trial.trial_id), start + 1, loss, parameters, action, state))

    def _state(self, trial: Trial) -> tuple[int, Any]:
        """Return how far a trial is, and its network: that of another one where the scheduler has put it."""
        manager: Any = trial.run_metadata.checkpoint_manager
        copied, manager._latest_checkpoint_result = manager._latest_checkpoint_result, None
        found: tuple[int, Any] = copied.checkpoint if copied else self.states.get(trial.trial_id, (0, None))
        return found

    def best(self, compared: Collection[int]) -> Report:
        """Return the report of the lowest loss, among those after steps at which trials are compared."""
        return min((report for report in self.reports if report.step in compared), key=lambda report: report.loss)

    def get_trials(self) -> list[Trial]:
        """Return all trials."""
        return self.known

    def stop_trial(self, trial: Trial) -> None:
        """Stop a trial for ever."""
        if trial.status in (Trial.PENDING, Trial.PAUSED):
            self.scheduler.on_trial_remove(self, trial)
        elif trial.status == Trial.RUNNING:
            self.scheduler.on_trial_complete(self, trial, trial.last_result)
        trial.status = Trial.TERMINATED

    def pause_trial(self, trial: Trial, should_checkpoint: bool = True) -> None:
        """Let a trial wait."""
        trial.status = Trial.PAUSED

    def _schedule_trial_save(self, trial: Trial, result: Any) -> Any:
        return self.states[trial.trial_id]


def asha(most: int, eta: int) -> AsyncHyperBandScheduler:
    """Return Ray's ASHA, with one bracket."""
    return AsyncHyperBandScheduler(**NAMES, max_t=most, reduction_factor=eta)


def hyperband(most: int, eta: int) -> HyperBandScheduler:
    """Return Ray's Hyperband."""
    return HyperBandScheduler(**NAMES, max_t=most, reduction_factor=eta)


def hyperband_brackets(most: int, eta: int) -> list[list[Rung]]:
    """Return the rungs of Ray's brackets for powers of eta: it begins with the longest, and rounds up as it halves."""
    count = len(rungs(most, eta))
    plans = []
    for s in range(count):
        sizes = [math.ceil(count / (s + 1) * eta**s)]
        while len(sizes) <= s:
            sizes.append(math.ceil(sizes[-1] / eta))
        plans.append([(size, most // eta ** (s - place)) for place, size in enumerate(sizes)])
    return plans


def population(prior: Prior, interval: int, quantile: float, resample: float, generator: Random) -> Any:
    """Return Ray's population-based training. generator: of what it draws again; else it draws by `random`."""
    logging.getLogger("ray.tune.schedulers.pbt").setLevel(logging.WARNING)  # it reports every copy
    mutations: dict[str, Any] = {name: (lambda drawn=drawn: drawn(generator)) for name, drawn in prior.items()}
    return PopulationBasedTraining(
        **NAMES, perturbation_interval=interval, hyperparam_mutations=mutations, quantile_fraction=quantile,
        resample_probability=resample, perturbation_factors=FACTORS, log_config=False,
    )  # fmt: skip
