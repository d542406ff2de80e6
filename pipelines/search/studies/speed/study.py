"""How fast are the nearest abstracts found, and how long does a query wait?

Recall@10 of a graph, compared with all vectors, and its processor time for the 300 claims to test on among the vectors
of 5,183 abstracts; `hnswlib`, by the authors of the paper, has its lines where it is installed. And the endpoint of
`capstan run search`, which has to be running: queries come at a steady rate, whether or not earlier ones are answered,
and the time of each counts from the instant at which it was due. One thread; the generator runs on the same machine.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import httpx
import numpy as np

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from models.retrieval.hnsw import Hnsw, exact
from pipelines.search.studies import rankings

K, M, BREADTH = 10, 16, 100
BREADTHS = (10, 20, 40, 80, 160, 320)
WARM = 20  # queries that are not counted: the first ones load what is loaded when it is needed

Find = Callable[[np.ndarray, int], np.ndarray]  # the nearest vectors of a query, with a breadth


def ours(vectors: np.ndarray, seed: int) -> Find:
    """Return a graph from scratch."""
    graph = Hnsw(vectors, M, BREADTH, seed)
    return lambda query, breadth: graph.search(query, K, breadth)[0]


def theirs(vectors: np.ndarray, seed: int) -> Find:
    """Return a graph of hnswlib, with the same settings."""
    import hnswlib

    graph = hnswlib.Index("cosine", vectors.shape[1])
    graph.init_index(len(vectors), ef_construction=BREADTH, M=M, random_seed=seed)
    graph.set_num_threads(1)
    graph.add_items(vectors, num_threads=1)

    def find(query: np.ndarray, breadth: int) -> np.ndarray:
        graph.set_ef(breadth)
        return np.asarray(graph.knn_query(query, K, num_threads=1)[0][0])

    return find


def measured(find: Find, queries: np.ndarray, nearest: list[np.ndarray], breadth: int) -> dict[str, float]:
    """Return recall and milliseconds a query, of the faster of two times. nearest: what comparing with all finds."""
    spent = []
    for _ in range(2):
        began = time.process_time()
        found = [find(query, breadth) for query in queries]
        spent.append((time.process_time() - began) / len(queries) * 1_000)
    recall = np.mean([np.isin(right, numbers).mean() for right, numbers in zip(nearest, found, strict=True)])
    return {"recall": round(float(recall), 4), "milliseconds": round(min(spent), 4)}


GRAPHS: dict[str, Any] = {"from scratch": ours, "hnswlib": theirs}


def nearest(graph: str, breadths: tuple[int, ...] = BREADTHS, most: int | None = None) -> Iterator[Line]:
    """Yield the recall and the time of a graph by its breadth. most: claims, for a trial."""
    data = rankings.papers()
    vectors, queries = rankings.abstracts(data), rankings.vectors(data.claims["test"].texts[:most])
    right = [exact(vectors, query, K) for query in queries]
    if graph not in GRAPHS:
        yield {"breadth": "-", "build_seconds": 0.0} | measured(
            lambda query, _: exact(vectors, query, K), queries, right, 0
        )
        return
    if graph == "hnswlib" and not find_spec("hnswlib"):
        return
    began = time.process_time()
    find = GRAPHS[graph](vectors, 0)
    built = {"build_seconds": round(time.process_time() - began, 2)}
    for breadth in breadths:
        yield {"breadth": str(breadth)} | built | measured(find, queries, right, breadth)


async def asked(client: httpx.AsyncClient, claim: str, due: float) -> float:
    """Ask at an instant, and return the milliseconds until the answer."""
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    reply = await client.post("/v1/models/search:predict", json={"instances": [{"query": claim}]})
    reply.raise_for_status()
    return (time.perf_counter() - due) * 1_000


async def waits(claims: list[str], rate: float) -> np.ndarray:
    """Return the milliseconds of each claim, asked at a rate, in queries a second, shape (n,)."""
    async with httpx.AsyncClient(base_url=settings().endpoint_url, timeout=60, trust_env=False) as client:
        for claim in claims[:WARM]:
            await asked(client, claim, time.perf_counter())
        start = time.perf_counter() + 0.5
        return np.array(
            await asyncio.gather(
                *(asked(client, question, start + number / rate) for number, question in enumerate(claims))
            )
        )


def endpoint(rate: float) -> Line:
    """Return how long the claims to test on wait at the endpoint. rate: queries a second."""
    load = round(os.getloadavg()[0], 1)  # of others: with less than one per core, they do not wait for each other
    waited = asyncio.run(waits(rankings.papers().claims["test"].texts, rate))
    shares = {f"p{share}": round(float(np.quantile(waited, share / 100)), 1) for share in (50, 90, 99)}
    return {"queries": len(waited), "load": load} | shares


STUDY = Study(
    measures=[
        Measure(nearest, [{"graph": graph} for graph in ("none: all are compared", *GRAPHS)], seeds=0),
        Measure(endpoint, [{"rate": 10.0}], seeds=0),
    ],
    tables=[
        Table(
            {"graph": "graph", "breadth": "breadth"},
            {
                "recall@10": lambda rows: f"{rows['recall'].mean():.4f}",
                "ms a query": lambda rows: f"{rows['milliseconds'].median():.3f}",
                "s to build": lambda rows: f"{rows['build_seconds'].median():.1f}",
            },
            "nearest",
        ),
        Table(
            {"queries a second": "rate"},
            {
                "queries": lambda rows: f"{rows['queries'].iloc[0]:.0f}",
                "load before": lambda rows: f"{rows['load'].iloc[0]:g}",
                "p50, ms": lambda rows: f"{rows['p50'].iloc[0]:.0f}",
                "p90, ms": lambda rows: f"{rows['p90'].iloc[0]:.0f}",
                "p99, ms": lambda rows: f"{rows['p99'].iloc[0]:.0f}",
            },
            "endpoint",
        ),
    ],
)
