"""What a capstone declares about its circle: when it retrains, and how a new version gets the requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from capstan.errors import CapstanError


@dataclass(frozen=True)
class Circle:
    """The rule of retraining: `CIRCLE` of a task.

    A retraining starts when one of `alarms` holds, `cool_down` has passed since the last one, and `labels` are new and
    recent.
    """

    alarms: Sequence[str] = ("performance", "calibration")  # names of checks
    cool_down: timedelta = timedelta(days=14)
    labels: int = 1_000
    recent: timedelta = timedelta(days=28)  # both are compared on the labelled predictions of this long
    percent: float = 20.0  # of the keys, that a canary answers
    difference: float = 0.005  # the least that matters, in ROC AUC, or in the task's own loss
    # A canary answers some of the requests. In the shadow, a challenger predicts each request that the champion
    # answers: for a capstone with few requests a day.
    trial: Literal["canary", "shadow"] = "canary"
    rows_per_day: int = 30  # of either, for a day of the trial to count
    harm: float = 0.005  # how much worse, in the loss, a challenger may be and still be promoted
    client_share: float = 0.1  # of a day of a trial, that one client may have beyond its share before the trial
    longest: timedelta = timedelta(days=28)  # a trial without a decision is rolled back then

    def __post_init__(self) -> None:
        if not self.alarms or self.labels < 1 or not 0 < self.percent < 100 or self.harm < 0:
            raise CapstanError("CIRCLE needs alarms, labels over 0, a percent between 0 and 100, and no negative harm.")
        if not 0 <= self.client_share <= 1:
            raise CapstanError("CIRCLE needs a share of one client, `client_share`, from 0 to 1.")
        if self.difference <= 0 or self.rows_per_day < 1 or self.trial not in ("canary", "shadow"):
            raise CapstanError(
                "CIRCLE needs a difference over 0, one row a day or more, and the trial 'canary' or 'shadow'."
            )
