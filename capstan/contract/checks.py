"""What a capstone declares about the checks on its live predictions: signals, methods, thresholds, windows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from capstan.errors import CapstanError

Method = Literal["wasserstein", "jensenshannon", "psi", "ks"]


@dataclass(frozen=True)
class SignalChecks:
    """How one signal is checked. A change alarms when it is above its threshold and is not daily noise."""

    method: Method | None = None  # None: wasserstein for numbers, jensenshannon for categories, as Evidently does
    threshold: float = 0.1  # the smallest distance between window and reference that matters, in units of the method
    nulls: float = 0.05  # the smallest change of the share of nulls that matters
    unseen: float = 0.005  # the smallest share of categories that the reference has not, that matters

    def __post_init__(self) -> None:
        if min(self.threshold, self.nulls, self.unseen) < 0:
            raise CapstanError("The thresholds of a check are not negative. Correct CHECKS.")


@dataclass(frozen=True)
class Service:
    """What an endpoint is to keep to between two monitoring runs."""

    latency_seconds: float = 0.1  # a request that takes longer is slow; a capstone that streams declares more
    slow: float = 0.01  # the largest share of the answered requests that may be slow
    errors: float = 0.001  # the largest share of requests that may end in a 5xx; those with a 4xx do not count
    refused: float = 0.05  # the largest share of requests that may be refused with a 4xx, as bad ones are
    volume: float = 0.1  # the smallest share of the usual number of predictions that is no alarm; 0 for any number

    def __post_init__(self) -> None:
        if not 0 <= self.latency_seconds < math.inf:
            raise CapstanError("Service needs latency_seconds of 0 or more. Correct CHECKS.")
        for name in ("slow", "errors", "refused", "volume"):
            if not 0 <= getattr(self, name) < 1:
                raise CapstanError(f"{name} of Service is a share, from 0 to below 1: 0.01 is 1 %. Correct CHECKS.")


@dataclass(frozen=True)
class Checks:
    """The checks of a capstone: `CHECKS` of its task.

    A window is a number of the newest days. In any `looks` days without a change, the share of false alarms, over all
    signals, windows and daily looks together, is at most `false_alarms`.
    """

    time: str | None = "event_timestamp"  # the column of the prediction time; None where the signals have none
    signals: Mapping[str, SignalChecks] = field(default_factory=dict)  # those that differ from the default
    ignore: Sequence[str] = ()  # signals that are not checked
    slices: Sequence[str] = ()  # categorical signals by whose values the performance is shown, too
    windows: Sequence[int] = (3, 7, 14, 28)  # days
    looks: int = 42
    false_alarms: float = 0.05
    performance: float = (
        0.02  # the smallest loss of the metric that matters: ROC AUC, accuracy, or a share of the error
    )
    calibration: float = 0.03  # the smallest distance between predicted and observed mean that matters
    rows_per_day: int = 30  # a day with fewer rows says nothing
    service: Service = field(default_factory=Service)  # latency, errors and volume of the endpoint
    days_without_time: int = 100  # into how many parts, as if they were days, a reference without times is dealt

    def __post_init__(self) -> None:
        if not self.windows or min(self.windows) < 1 or self.looks < 1 or not 0 < self.false_alarms < 1:
            raise CapstanError("CHECKS needs windows and looks of a day or more, and false_alarms between 0 and 1.")

    def of(self, signal: str) -> SignalChecks:
        """Return how a signal is checked."""
        return self.signals.get(signal, SignalChecks())
