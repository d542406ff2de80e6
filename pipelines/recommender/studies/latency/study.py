"""How long does the running endpoint take to rank 100 candidates?

One client asks for all 100 candidates of one person at a time, people in random order. The times are those that the
client sees. `capstan run recommender` first.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from pipelines.recommender.columns import CANDIDATES

REQUESTS = 1_000
LEVELS = (50, 90, 99, 99.9)
PATH = "/v1/models/recommender:predict"
PEOPLE = 671
WARM = 50  # answers before the first one that counts


def measure(url: str, requests: int) -> np.ndarray:
    """Return the seconds of each answer, shape (requests,)."""
    import httpx

    people = np.random.default_rng(0).integers(1, PEOPLE + 1, requests + WARM)
    seconds = np.empty(len(people))
    headers = {"authorization": f"Bearer {token}"} if (token := settings().token) else {}
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
        for number, person in enumerate(people.tolist()):
            began = time.perf_counter()
            reply = client.post(PATH, json={"instances": [{"user_id": person, "count": CANDIDATES}]})
            seconds[number] = time.perf_counter() - began
            assert len(reply.raise_for_status().json()["predictions"][0]["ranking"]) == CANDIDATES
    return seconds[WARM:]


def answers() -> Line:
    """Return percentiles of the milliseconds of an answer."""
    latencies = measure(settings().endpoint_url, REQUESTS) * 1_000
    return {"clients": 1} | {f"p{level:g}": round(float(np.percentile(latencies, level)), 2) for level in LEVELS}


def shown(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a percentile."""
    return lambda rows: f"{rows[name].iloc[0]:.1f}"


STUDY = Study(
    measures=[Measure(answers, seeds=0)],
    tables=[
        Table(
            {"clients": "clients"},
            {f"p{level:g}, ms": shown(f"p{level:g}") for level in LEVELS},
        )
    ],
)
