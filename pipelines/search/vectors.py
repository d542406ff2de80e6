"""`python -m pipelines.search.vectors`: how many of the nearest abstracts a graph finds, in which time.

Writes `vectors.json` beside this file: recall@10 against comparing with all, and milliseconds of processor time a
query, for the 300 claims to test on among the vectors of 5,183 abstracts. `hnswlib`, by the authors of the paper, has
its lines where it is installed. One thread. Vectors are those of MiniLM, which take ten minutes the first time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import scifact
from models.retrieval.hnsw import Hnsw, exact
from models.study import Study, markdown, options
from pipelines.search import embedding, rankings

FOLDER = Path(__file__).parent
K, M, BREADTH = 10, 16, 100
BREADTHS = (10, 20, 40, 80, 160, 320)
OURS, THEIRS = "from scratch", "hnswlib"

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
    recall = np.mean([np.isin(right, one).mean() for right, one in zip(nearest, found, strict=True)])
    return {"recall": round(float(recall), 4), "milliseconds": round(min(spent), 4)}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    columns: dict[str, Callable[[pd.DataFrame], str]] = {
        "recall@10": lambda rows: f"{rows['recall'].mean():.4f}",
        "ms a query": lambda rows: f"{rows['milliseconds'].median():.3f}",
        "s to build": lambda rows: f"{rows['build_seconds'].median():.1f}",
    }
    return markdown(results, {"graph": "graph", "breadth": "breadth"}, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "vectors.json", ["graph", "breadth", "seed"])
    data = scifact.load(settings().data_dir)
    vectors, queries = rankings.abstracts(data), embedding.vectors(data.claims["test"].texts)
    nearest = [exact(vectors, query, K) for query in queries]
    whole = measured(lambda query, breadth: exact(vectors, query, K), queries, nearest, 0)
    study.add({"graph": "none: all are compared", "breadth": "-", "seed": 0, "build_seconds": 0.0} | whole)
    graphs: dict[str, Any] = {OURS: ours} | ({THEIRS: theirs} if find_spec("hnswlib") else {})
    for name, make in graphs.items():
        for seed in range(given.seeds):
            began = time.process_time()
            find = make(vectors, seed)
            build = {"build_seconds": round(time.process_time() - began, 2)}
            for breadth in BREADTHS:
                line = measured(find, queries, nearest, breadth)
                study.add({"graph": name, "breadth": str(breadth), "seed": seed} | build | line)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
