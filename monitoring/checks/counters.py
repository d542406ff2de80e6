"""What an endpoint has counted for a capstone, read from its /metrics, and how much that grew between two readings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client.parser import text_string_to_metric_families

from capstan.errors import CapstanError


@dataclass(frozen=True)
class Counters:
    """Counted since a process started, or in a window. Requests are answered, refused (4xx) or failed (5xx)."""

    refused: float = 0
    failed: float = 0
    predictions: float = 0  # rows that were answered
    within: Mapping[float, float] = field(default_factory=dict)  # seconds -> requests answered in at most so many

    @property
    def answered(self) -> float:
        """Return the requests that were answered, however long it took."""
        return self.within.get(math.inf, 0)

    def since(self, before: "Counters") -> "Counters":
        """Return what was counted after `before`. Counters that have become smaller have begun again, at zero."""
        if self.answered < before.answered or self.refused < before.refused or self.failed < before.failed:
            return self
        return self._with(before, -1)

    def __add__(self, other: "Counters") -> "Counters":
        return self._with(other, 1)

    def _with(self, other: "Counters", sign: int) -> "Counters":
        return Counters(
            self.refused + sign * other.refused,
            self.failed + sign * other.failed,
            self.predictions + sign * other.predictions,
            {
                bound: self.within.get(bound, 0) + sign * other.within.get(bound, 0)
                for bound in sorted({*self.within, *other.within})
            },
        )


@dataclass(frozen=True)
class Reading:
    """What the processes of an endpoint had counted for a capstone at an instant."""

    at: datetime
    processes: Mapping[str, Counters]


def read(pages: Mapping[str, str], capstone: str, at: datetime) -> Reading:
    """Return the reading of a capstone from the /metrics of each replica, by URL. Raises CapstanError."""
    processes: dict[str, Counters] = {}
    for url, page in pages.items():
        process, counters = _read(url, page, capstone)
        processes[process] = processes.get(process, Counters()) + counters
    return Reading(at, processes)


def _read(url: str, page: str, capstone: str) -> tuple[str, Counters]:
    """Return the name of a process and its counters. The name is the instant of its start: a URL may be that of a
    forwarded port, which differs at the next monitoring run. Without such an instant, as on macOS, it is the URL."""
    process, refused, failed, predictions, within = url, 0.0, 0.0, 0.0, dict[float, float]()
    try:
        families = list(text_string_to_metric_families(page))
    except ValueError as error:
        raise CapstanError(f"{url}/metrics is not in Prometheus' format ({error}).") from error
    if not any(family.name == "capstan_requests" for family in families):
        raise CapstanError(f"{url}/metrics has no capstan_requests: something else than the endpoint answers there.")
    for sample in (sample for family in families for sample in family.samples):
        if sample.name == "process_start_time_seconds":
            process = f"{sample.value:.2f}"
        if sample.labels.get("model") != capstone:
            continue
        if sample.name == "capstan_request_seconds_bucket":
            bound = float(sample.labels["le"])
            within[bound] = within.get(bound, 0) + sample.value
        elif sample.name == "capstan_errors_total":
            refused += sample.value * sample.labels["status"].startswith("4")
            failed += sample.value * sample.labels["status"].startswith("5")
        elif sample.name == "capstan_request_rows_sum":
            predictions += sample.value
    return process, Counters(refused, failed, predictions, within)


def growth(past: Sequence[Reading], newest: Reading) -> Counters:
    """Return what was counted after the last of the past readings, the oldest of which comes first.

    A process that no past reading has counts from zero. One that was away at some counts from the last that has it.
    """
    total = Counters()
    for process, counters in newest.processes.items():
        before = next(
            (reading.processes[process] for reading in reversed(past) if process in reading.processes), Counters()
        )
        total += counters.since(before)
    return total
