"""The result of a check."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Verdict = Literal["ok", "alarm", "insufficient"]


@dataclass(frozen=True)
class Check:
    """One check of one signal. `statistic` is the size of the change, `p` the probability of it among unchanged days.

    p is adjusted for all that is looked at: tests, windows and looks. `since` is the first day of the window that
    shows the change, as ISO 8601. `low` and `high` bound the statistic where it has a confidence interval.
    """

    name: str  # drift, nulls, new categories, performance, calibration, labels, contract, skew, service
    signal: str
    verdict: Verdict
    statistic: float | None = None
    threshold: float | None = None
    p: float | None = None
    low: float | None = None
    high: float | None = None
    since: str | None = None
    message: str = ""
    why: str = ""  # it is ok although the statistic is beyond the threshold

    def as_dict(self) -> dict[str, Any]:
        """Return the check for JSON."""
        return asdict(self)

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> "Check":
        """Return a check that was written as JSON. A later image, which shares the table, may have added fields."""
        return cls(**{field.name: written[field.name] for field in fields(cls) if field.name in written})


def alarms(checks: list[Check]) -> list[Check]:
    """Return the checks that found a change, the surest first."""
    return sorted((c for c in checks if c.verdict == "alarm"), key=lambda c: 1.0 if c.p is None else c.p)
