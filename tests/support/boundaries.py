"""Requests at and beyond the boundaries of types: one value of a good request is replaced by another."""

import json
import math
from collections.abc import Iterator
from typing import Any

NUMBERS = [0, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 5e-324, 1e308, -1e308]
NUMBERS += [math.nan, math.inf, -math.inf]
TIMES = [
    f"{time}{zone}"
    for time in ("0001-01-01T00:00:00", "1677-09-21T00:00:00", "1900-01-01T00:00:00", "2199-12-31T23:30:00")
    for zone in ("Z", "+14:00")
]
TIMES += ["2262-04-12T00:00:00Z", "2500-01-01T00:00:00Z", "9999-12-31T23:30:00Z", "9999-12-31T23:30:00-12:00"]
DATES = ["0001-01-01", "1677-09-21", "2262-04-12", "2500-06-01", "9999-12-31"]
TEXTS = ["", " ", "\x00", "\ud800", "é" * 10_000, "1e400", "null"]
VALUES: list[Any] = [None, True, *NUMBERS, *TIMES, *DATES, *TEXTS, [], {}, [[]], [None], {"a": {"b": []}}]


def beyond(good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield requests that differ from a good one in one field, or in one item of a list."""
    for field, value in good.items():
        for other in VALUES:
            yield good | {field: other}
            if isinstance(value, list):
                yield good | {field: [other, *value[1:]]}
                yield good | {field: [*value[:-1], other]}
        if isinstance(value, list):
            yield good | {field: value * 50}
        yield {key: kept for key, kept in good.items() if key != field}
    yield good | {"unheard_of": 1}


def body(value: Any) -> bytes:
    """Return JSON as a careless client sends it, with NaN, Infinity and lone surrogates."""
    return json.dumps(value).encode()
