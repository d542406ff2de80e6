"""Explanations through the endpoint: exact SHAP values of the flagship, with the look-up of its online features."""

import numpy as np
import pandas as pd

from pipelines.flight_delay import task
from tests.benchmarks import endpoint, stack
from tests.benchmarks.figures import table

__all__ = ["rows", "table"]
REQUESTS = 2_000


def rows(size: float = 1.0, on: stack.Flagship | None = None) -> list[dict]:
    """Return the quantiles of one client's latency, a flight a request, on its own stack."""
    count = round(size * REQUESTS)
    with stack.flagship(on) as flagship:
        flights = task.requests(pd.read_parquet(flagship.training_set).tail(500))
        p50, p99 = np.quantile(endpoint.ask(flagship.port, flights, "explain", count), [0.5, 0.99])
    return [
        {"what": f"p50 of {count:,} explanations, one client", "goal": "under 50 ms", "measured": f"{p50:.2f} ms"},
        {"what": f"p99 of {count:,} explanations, one client", "goal": "under 50 ms", "measured": f"{p99:.2f} ms"},
    ]
