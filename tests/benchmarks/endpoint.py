"""Predictions through the endpoint with online features, from one client on the same machine."""

import http.client
import json
import time

import numpy as np
import pandas as pd

from pipelines.flight_delay import task

REQUESTS = 5_000


def rows(port: int, training_set: str, count: int = REQUESTS) -> list[dict]:
    """Return the quantiles of one client's latency, with one flight per request, over one kept connection."""
    flights = task.requests(pd.read_parquet(training_set).tail(500))
    p50, p99 = np.quantile(ask(port, flights, requests=count), [0.5, 0.99])
    return [
        {"what": f"p50 of {count:,} predictions, one client", "goal": "under 3 ms", "measured": f"{p50:.2f} ms"},
        {"what": f"p99 of {count:,} predictions, one client", "goal": "under 10 ms", "measured": f"{p99:.2f} ms"},
    ]


def ask(port: int, flights: list[dict], verb: str = "predict", requests: int = REQUESTS) -> list[float]:
    """Return the milliseconds of each request, a flight each, over one kept connection."""
    bodies = [json.dumps({"instances": [flight]}) for flight in flights]
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    for number in range(-200, requests):  # the first 200 warm up
        began = time.perf_counter()
        connection.request("POST", f"/v1/models/flight_delay:{verb}", bodies[number % len(bodies)])
        answer = connection.getresponse()
        content = answer.read()
        if number >= 0:
            times.append((time.perf_counter() - began) * 1e3)
        assert answer.status == 200, content
    connection.close()
    return times
