"""One step of the retraining loop, such as every day. Each decision is an event of the history, and what comes next
depends on
the events alone: a circle that was killed anywhere goes on there.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from capstan.contract.capstone import Capstone
from capstan.contract.circle import Circle
from capstan.errors import CapstanError, TemporaryFailure
from capstan.rollout import commands, store
from capstan.rollout.traffic import Traffic
from capstan.versions import registry, runs
from capstan.versions.best import bounds_of
from monitoring import comparison, sequential
from monitoring.checks.result import Check, alarms
from monitoring.comparison import Comparison
from monitoring.history import CIRCLE, Event, history
from monitoring.retraining import decisions, losses, requests, rows
from monitoring.retraining.rows import Rows

log = logging.getLogger("monitoring")
ENDS = ("rejected", "failed", "promoted", "rolled back")  # of a retraining
BAD = ("rejected", "failed", "rolled back")
STATES = ("retraining", "challenger", "canary", "shadow", *ENDS)
ONLY_TRY = -1.0  # the parameter `canary` of a run whose version gets no requests
# Runs the pipeline with some parameters; returns the version and the verdict of the gate.
Train = Callable[[dict[str, Any]], tuple[str, str]]


@dataclass
class Steps:
    """The retraining loop of a capstone."""

    capstone: str
    task: Capstone
    train: Train

    @property
    def rule(self) -> Circle:
        """What the task declares, or the defaults."""
        return self.task.CIRCLE

    def step(self, now: datetime, checks: Sequence[Check]) -> list[Event]:
        """Decide what can be decided now; return the new events. checks: those of now.

        What fails for a while, such as a registry that is away, is tried again at the next step.
        """
        before = len(self._events())
        if self._stopped():
            return []
        try:
            self._start(now, checks)
            self._train(now)
            self._compare(now)
            self._judge(now)
        except CapstanError as error:
            log.warning("%s: the retraining loop goes on at its next step: %s", self.capstone, error)
        self._stop_after_two(now)
        return self._events()[before:]

    def _start(self, now: datetime, checks: Sequence[Check]) -> None:
        """Start a retraining, if an alarm of the rule holds, the last one is long ago, and there are new labels."""
        last, trainings = self._last(), self._events("retraining")
        if last is not None and last.kind not in ENDS:
            return
        if trainings and now - trainings[-1].at < self.rule.cool_down:
            return
        causes = [check for check in alarms(list(checks)) if check.name in self.rule.alarms]
        if not causes:
            return
        champion = store.read(self.capstone).champion
        # On recent labels both will be compared, so those are the ones that there must be enough of.
        since = max([now - self.rule.recent, *(training.at for training in trainings[-1:])])
        labels = len(rows.read(self.capstone, self.task, since, now, {"champion": champion}))
        if labels < self.rule.labels:
            return
        evidence = {"alarms": [check.message for check in causes], "labels": labels, "champion": champion}
        self._add(len(trainings) + 1, Event("retraining", now, causes[0].message, evidence=evidence))

    def _train(self, now: datetime) -> None:
        """Run the pipeline on what was known when the retraining was decided."""
        last = self._last("retraining")
        if last is None:
            return
        try:
            version, verdict = self.train(self.task.parameters_at(last.at) | {"canary": ONLY_TRY})
        except TemporaryFailure:  # it is tried again at the next step
            raise
        except CapstanError as error:
            self._add(None, Event("failed", now, f"The training failed: {str(error).splitlines()[0]}"))
            return
        kind, reason = "challenger", "The gate accepted it."
        if verdict != "accepted":
            kind, reason = "rejected", f"The gate rejected it: {self._why(version)}"
        if version == store.read(self.capstone).champion:
            kind, reason = "rejected", "It is the champion: nothing new was learned."
        self._add(None, Event(kind, now, reason, version))

    def _why(self, version: str) -> str:
        """Return which bounds of the gate a version missed."""
        registered = registry.version(self.capstone, version)
        metrics = runs.run_metrics(registered.run_id) if registered else {}
        missed = [
            f"{name} is {metrics[name]:.4f}, beyond {bound.limit:g}"
            for name, bound in bounds_of(self.capstone, version, self.task.THRESHOLDS).items()
            if name in metrics and not bound.holds(metrics[name])
        ]
        return f"{'; '.join(missed) or 'it is worse than the champion on the same test data'}."

    def _compare(self, now: datetime) -> None:
        """Compare challenger and champion on the same recent rows. Too few labels mean that it waits for more."""
        last = self._last("challenger")
        if last is None:
            return
        state = store.read(self.capstone)
        champion = state.champion
        if state.challenger not in ("", last.version):  # a person's, which is not ended for this one
            log.info("%s: version %s waits for the end of another roll-out", self.capstone, last.version)
            return
        recent = rows.read(self.capstone, self.task, last.at - self.rule.recent, now, {"champion": champion})
        if not len(recent):
            return
        schemas = (
            registry.load_version(self.capstone, version).schema.get("request") for version in (champion, last.version)
        )
        if not requests.same(*schemas):
            why = "It takes other requests than the champion does, so a person decides, and informs clients."
            self._add(None, Event("rejected", now, why, last.version, evidence={"champion": champion}))
            return
        result = self._compared(recent, last.version)
        evidence = {"champion": champion, "difference": result.difference, "low": result.low, "high": result.high}
        evidence |= {"p": result.p, "rows": result.rows}
        if result.verdict == "better":
            percent = self.rule.percent if self.rule.trial == "canary" else 0
            traffic = Traffic(self.rule.trial, percent)
            commands.split(self.capstone, traffic, last.version, expected=state.decided_on())
            self._add(None, Event(self.rule.trial, now, result.message, last.version, evidence=evidence))
        elif result.verdict != "wait":
            self._add(None, Event("rejected", now, result.message, last.version, evidence=evidence))

    def _compared(self, recent: Rows, version: str) -> Comparison:
        """Compare by ROC AUC where the outcome has two classes, unless the task states its own loss."""
        challenger = recent.answered_by(self.capstone, version)
        outcome = self.task.OUTCOME
        if outcome and outcome.kind == "binary" and not self.task.losses:
            name = outcome.prediction
            champion, rival = (rows.column(answers, name) for answers in (recent.log["prediction"], challenger))
            return comparison.compare(recent.target, champion, rival, recent.days, difference=self.rule.difference)
        return comparison.compare_losses(
            recent.losses,
            losses.losses(self.task, challenger, list(recent.log["label"])),
            recent.days,
            difference=self.rule.difference,
            name=losses.name_of(self.task),
        )

    def _judge(self, now: datetime) -> None:
        """Promote a challenger on trial, or roll it back, by the labels of what both said since the trial began."""
        last = self._last(self.rule.trial)
        if last is None:
            return
        state = store.read(self.capstone)
        if state.challenger != last.version:  # a person was quicker, or this process was killed after it
            kind = "promoted" if state.champion == last.version else "rolled back"
            reason = state.reason or f"{state.author()[0] or 'Something else'} did it."
            self._add(None, Event(kind, now, reason, last.version, state.author()[1] or CIRCLE))
            return
        variant = "challenger" if self.rule.trial == "canary" else "shadow"
        roles = {"champion": state.champion, variant: state.challenger}
        since = rows.of_trial(self.capstone, self.task, last.at, now, roles)
        gain, is_challenger = -since.losses, (since.log["variant"] == variant).to_numpy(bool)
        daily = sequential.daily_differences(since.days, is_challenger, gain, self.rule.rows_per_day)
        look = sequential.look(daily, harm=self.rule.harm)
        reason = (
            f"Its {losses.name_of(self.task)} is lower by {look.mean:.4f} ({look.low:.4f} to {look.high:.4f}, at every "
            f"look at once) on {look.days} days."
        )
        numbers = {"days": look.days, "mean": look.mean, "low": look.low, "high": look.high, "rows": len(gain)}
        numbers |= {"left_out": since.left_out}
        evidence: dict[str, Any] = {"champion": state.champion}
        evidence |= {name: float(value) if np.isfinite(value) else None for name, value in numbers.items()}
        if look.decision == "promote":
            commands.promote(self.capstone, CIRCLE, reason=reason, expected=state.decided_on())
            self._add(None, Event("promoted", now, reason, last.version, evidence=evidence))
        elif look.decision == "roll back" or now - last.at > self.rule.longest:
            reason += "" if look.decision == "roll back" else f" No decision in {self.rule.longest.days} days."
            commands.rollback(self.capstone, CIRCLE, reason=reason, expected=state.decided_on())
            self._add(None, Event("rolled back", now, reason, last.version, evidence=evidence))

    def _stop_after_two(self, now: datetime) -> None:
        ends = [event for event in self._events() if event.kind in (*ENDS, "resumed")][-2:]
        if len(ends) == 2 and all(event.kind in BAD for event in ends) and not self._stopped():
            why = f"Two retrainings in a row came to nothing. Go on with `capstan resume {self.capstone}`."
            self._add(None, Event("stopped", now, why))

    def _stopped(self) -> bool:
        return decisions.holding(self._events()) is not None

    def _last(self, kind: str = "") -> Event | None:
        """Return the last event that says where the retraining loop is, if it is of this kind."""
        states = [event for event in self._events() if event.kind in STATES]
        return states[-1] if states and kind in ("", states[-1].kind) else None

    def _events(self, *kinds: str) -> list[Event]:
        return history().events(self.capstone, kinds=kinds)

    def _add(self, number: int | None, event: Event) -> None:
        """Write a decision about a retraining, which is one event however often it is made."""
        number = number or len(self._events("retraining"))
        history().add(self.capstone, f"retraining {number}: {event.kind}", event)
