"""`python -m pipelines.search.latency`: how long a query waits for its answer, at ten queries a second.

It asks the endpoint of `capstan run search` the claims to test on, and writes `latency.json` into the folder that it
is given. Queries come at a steady rate, whether or not earlier ones are answered; the time of each counts from the
instant at which it was due. The generator runs on the same machine.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import httpx
import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import scifact
from models.study import Study, markdown, options

FOLDER = Path(__file__).parent
WARM = 20  # queries that are not counted: the first ones load what is loaded when it is needed


async def asked(client: httpx.AsyncClient, claim: str, due: float) -> float:
    """Ask at an instant, and return the milliseconds until the answer."""
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    reply = await client.post("/v1/models/search:predict", json={"instances": [{"query": claim}]})
    reply.raise_for_status()
    return (time.perf_counter() - due) * 1_000


async def waits(claims: list[str], rate: float) -> np.ndarray:
    """Return the milliseconds of each claim, asked at a rate, in queries a second, shape (n,)."""
    async with httpx.AsyncClient(base_url=settings().endpoint_url, timeout=60) as client:
        for claim in claims[:WARM]:
            await asked(client, claim, time.perf_counter())
        start = time.perf_counter() + 0.5
        return np.array(await asyncio.gather(*(asked(client, one, start + at / rate) for at, one in enumerate(claims))))


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""
    columns = {f"p{share}, ms": (lambda rows, name=f"p{share}": f"{rows[name].iloc[0]:.0f}") for share in (50, 90, 99)}
    return markdown(results, {"queries a second": "rate", "queries": "queries", "load before": "load"}, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--rate", type=float, default=10.0, help="queries a second")
    given = parser.parse_args()
    study = Study(given.out / "latency.json", ["rate"])
    load = round(os.getloadavg()[0], 1)  # of others: with less than one per core, they do not wait for each other
    claims = scifact.load(settings().data_dir).claims["test"].texts
    made = asyncio.run(waits(claims, given.rate))
    shares = {f"p{share}": round(float(np.quantile(made, share / 100)), 1) for share in (50, 90, 99)}
    study.add({"rate": given.rate, "queries": len(made), "load": load} | shares)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
