"""A request to start from, on the page and in the OpenAPI document: a mild day in spring, and its hourly forecast."""

from __future__ import annotations

from typing import Any

# fmt: off
AIR = [  # degrees C
    11, 11, 10, 10, 10, 10, 10, 11, 13, 15, 16, 17,
    18, 18, 18, 18, 17, 16, 15, 14, 13, 13, 12, 12,
]
# fmt: on

EXAMPLE: dict[str, Any] = {
    "day": "2014-10-01",
    "holiday": False,
    "temperature_ahead": [float(value) for value in AIR for _ in range(2)],
}
