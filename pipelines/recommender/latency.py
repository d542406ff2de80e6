"""`python -m pipelines.recommender.latency`: how long the running endpoint takes to rank 100 candidates.

One client asks for all 100 candidates of one person at a time, 5,000 times, people in random order. The times are those
that the client sees. `capstan run recommender` first.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from capstan.errors import without_tracebacks
from capstan.settings import settings
from pipelines.recommender.columns import CANDIDATES

PATH = "/v1/models/recommender:predict"
PEOPLE = 671
WARM = 50  # answers before the first one that counts


def measure(url: str, requests: int) -> np.ndarray:
    """Return the seconds of each answer, shape (requests,)."""
    import httpx

    people = np.random.default_rng(0).integers(1, PEOPLE + 1, requests + WARM)
    seconds = np.empty(len(people))
    headers = {"authorization": f"Bearer {token}"} if (token := settings().token) else {}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        for number, person in enumerate(people.tolist()):
            began = time.perf_counter()
            reply = client.post(PATH, json={"instances": [{"user_id": person, "count": CANDIDATES}]})
            seconds[number] = time.perf_counter() - began
            assert len(reply.raise_for_status().json()["predictions"][0]["ranking"]) == CANDIDATES
    return seconds[WARM:]


def main() -> None:
    """Measure and print."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--url", default=settings().endpoint_url)
    given = parser.parse_args()
    latencies = measure(given.url, given.requests) * 1_000
    named = {f"p{level:g}": round(float(np.percentile(latencies, level)), 2) for level in (50, 90, 99, 99.9)}
    print(json.dumps({"requests": given.requests, "unit": "ms"} | named))


if __name__ == "__main__":
    main()
