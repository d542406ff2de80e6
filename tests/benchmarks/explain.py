"""Explanations through the endpoint: exact SHAP values of the flagship, with the look-up of its online features."""

import numpy as np
import pandas as pd

from pipelines.flight_delay import task
from tests.benchmarks import endpoint, stack
from tests.benchmarks.figures import table

__all__ = ["rows", "table"]
REQUESTS = 2_000


def rows() -> list[dict]:
    """Return the quantiles of one client's latency, a flight a request, on its own stack."""
    with stack.environment() as env:
        summary = stack.run(env)
        return measure(int(env["CAPSTAN_ENDPOINT_PORT"]), summary["training_set"])


def measure(port: int, training_set: str) -> list[dict]:
    """Return the same of a flagship that is served already."""
    flights = task.requests(pd.read_parquet(training_set).tail(500))
    p50, p99 = np.quantile(endpoint.ask(port, flights, "explain", REQUESTS), [0.5, 0.99])
    return [
        {"what": f"p50 of {REQUESTS:,} explanations, one client", "goal": "under 50 ms", "measured": f"{p50:.2f} ms"},
        {"what": f"p99 of {REQUESTS:,} explanations, one client", "goal": "under 50 ms", "measured": f"{p99:.2f} ms"},
    ]
