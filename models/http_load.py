"""A load on the endpoint: clients that ask at the same time, each as soon as it is answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlparse

import httpx
import numpy as np

from capstan.errors import CapstanError
from capstan.settings import settings
from models.http_line import Line


def measured(name: str, rows: Sequence[Mapping[str, Any]], clients: int, each: int, seconds: float) -> dict[str, float]:
    """Return rows a second (`rate`), and the `median` and the 99th percentile (`high`) of a request, in seconds.

    name: of the model. rows: what is asked, in turn, `each` rows in a request. Raises CapstanError where one fails.
    """
    until, took, instances = time.perf_counter() + seconds, list[float](), list(rows)

    async def ask(number: int) -> None:
        turn, line = (
            cycle(instances[number:] + instances[:number]),
            Line(urlparse(settings().endpoint_url).port or 80, 60.0),
        )
        while (begun := time.perf_counter()) < until:
            body = json.dumps({"instances": list(islice(turn, each))}).encode()
            status, answer = await line.ask("POST", f"/v1/models/{name}:predict", body)
            if status != httpx.codes.OK:
                raise CapstanError(f"The endpoint answers with {status}: {answer[:200].decode(errors='replace')}")
            took.append(time.perf_counter() - begun)
        line.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(ask(number) for number in range(clients)))

    begun = time.perf_counter()
    asyncio.run(all_of_them())
    rate = len(took) * each / (time.perf_counter() - begun)
    return {"rate": rate, "median": float(np.median(took)), "high": float(np.quantile(took, 0.99))}
