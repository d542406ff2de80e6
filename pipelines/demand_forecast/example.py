"""A request to start from, on the page and in the OpenAPI document: a mild week in spring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# GW by hour of the day on the market's clock, and degrees C.
# fmt: off
WORKING = [
    4.2, 3.8, 3.5, 3.3, 3.4, 3.8, 4.4, 4.9, 5.0, 5.0, 5.0, 5.0,
    5.0, 5.0, 5.0, 5.0, 5.1, 5.2, 5.4, 5.3, 5.0, 4.7, 4.4, 4.6,
]
OFF = [
    4.2, 3.9, 3.6, 3.3, 3.3, 3.4, 3.5, 3.8, 4.1, 4.3, 4.3, 4.2,
    4.2, 4.1, 4.1, 4.1, 4.2, 4.5, 4.8, 4.8, 4.6, 4.4, 4.2, 4.4,
]
AIR = [
    11, 11, 10, 10, 10, 10, 10, 11, 13, 15, 16, 17,
    18, 18, 18, 18, 17, 16, 15, 14, 13, 13, 12, 12,
]
# fmt: on
WEEKDAYS = [2, 3, 4, 5, 6, 0, 1]  # the seven days before a Wednesday


def half_hourly(hours: Sequence[float]) -> list[float]:
    """Return each hour's value twice."""
    return [float(value) for value in hours for _ in range(2)]


EXAMPLE: dict[str, Any] = {
    "start": "2014-10-01T00:00:00+10:00",
    "demand": [value for day in WEEKDAYS for value in half_hourly(WORKING if day < 5 else OFF)],
    "temperature": half_hourly(AIR) * 7,
    "temperature_ahead": half_hourly(AIR),
    "holidays": [],
}
