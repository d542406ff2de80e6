"""`python -m pipelines.search.stores`: what a vector store would gain, beside a flat array.

Asks LanceDB and Qdrant's local mode, where they are installed, for the ten nearest of 5,183 abstracts and of
100,000 vectors, which are the abstracts with noise. Writes `stores.json` beside this file: recall@10 against comparing
with all, milliseconds of processor time a query, seconds to fill the store, megabytes on the disk. Neither is a library
of Capstan: run this with the Python of an environment that has them beside numpy and pandas.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.study import Study, markdown, options

FOLDER = Path(__file__).parent
K, ASKED, NOISE = 10, 100, 0.03  # of each number of a vector, whose numbers have a standard deviation of 0.05
SIZES = (5_183, 100_000)
PARTS = 64  # of LanceDB's index, of which an eighth is compared
LOCAL = 20_000  # vectors: Qdrant warns of its local mode beyond

Find = Callable[[np.ndarray], np.ndarray]  # the numbers of the nearest vectors


def flat(vectors: np.ndarray, folder: Path) -> Find:
    """Return what compares a query with all vectors of a file."""
    np.save(folder / "vectors.npy", vectors)
    kept = np.load(folder / "vectors.npy")

    def find(query: np.ndarray) -> np.ndarray:
        scores = kept @ query
        return np.argpartition(-scores, K)[:K]

    return find


def lance(vectors: np.ndarray, folder: Path, indexed: bool) -> Find:
    """Return what asks LanceDB. indexed: by parts around the means of vectors, of which the nearest are compared."""
    import lancedb
    import pyarrow

    width = vectors.shape[1]
    column = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(vectors.ravel()), width)
    table = lancedb.connect(folder).create_table(
        "papers", pyarrow.table({"number": np.arange(len(vectors)), "vector": column})
    )
    if indexed:
        table.create_index(metric="dot", index_type="IVF_FLAT", num_partitions=PARTS)

    def find(query: np.ndarray) -> np.ndarray:
        asked = table.search(query).metric("dot").select(["number"]).limit(K)
        asked = asked.nprobes(PARTS // 8) if indexed else asked
        return np.array(asked.to_arrow()["number"])

    return find


def qdrant(vectors: np.ndarray, folder: Path) -> Find:
    """Return what asks Qdrant's local mode, which compares with all and needs no server."""
    from qdrant_client import QdrantClient, models

    client = QdrantClient(path=str(folder))
    client.create_collection("papers", models.VectorParams(size=vectors.shape[1], distance=models.Distance.DOT))
    client.upload_collection("papers", vectors, ids=range(len(vectors)))
    return lambda query: np.array([one.id for one in client.query_points("papers", query.tolist(), limit=K).points])


STORES: dict[str, tuple[str, Callable[[np.ndarray, Path], Find]]] = {
    "flat array": ("numpy", flat),
    "LanceDB, all compared": ("lancedb", lambda vectors, folder: lance(vectors, folder, False)),
    "LanceDB, an eighth compared": ("lancedb", lambda vectors, folder: lance(vectors, folder, True)),
    "Qdrant, local mode": ("qdrant_client", qdrant),
}


def grown(vectors: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return so many vectors of length 1: those that there are, and copies of them with noise."""
    copies = vectors[rng.integers(0, len(vectors), max(size - len(vectors), 0))]
    made = np.concatenate([vectors, copies + rng.normal(0, NOISE, copies.shape)])[:size]
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""
    columns: dict[str, Callable[[pd.DataFrame], str]] = {
        "recall@10": lambda rows: f"{rows['recall'].iloc[0]:.4f}",
        "ms a query": lambda rows: f"{rows['milliseconds'].iloc[0]:.2f}",
        "s to fill": lambda rows: f"{rows['seconds'].iloc[0]:.1f}",
        "MB": lambda rows: f"{rows['megabytes'].iloc[0]:.0f}",
    }
    return markdown(results, {"vectors": "vectors", "store": "store"}, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("vectors", type=Path, help="a file of the abstracts' vectors, .npy, as a version has it")
    given = parser.parse_args()
    study, rng = Study(given.out / "stores.json", ["vectors", "store"]), np.random.default_rng(0)
    whole = np.load(given.vectors)
    for size in SIZES:
        vectors = grown(whole, size, rng)
        asked = grown(whole, len(whole) + ASKED, rng)[-ASKED:]
        right = [set(np.argsort(-(vectors @ query), kind="stable")[:K].tolist()) for query in asked]
        for name, (module, make) in STORES.items():
            if find_spec(module) is None:
                print(f"{name}: {module} is not installed")
                continue
            if make is qdrant and size > LOCAL:
                continue
            with tempfile.TemporaryDirectory(prefix="stores-") as folder:
                line: dict[str, Any] = {"vectors": size, "store": name}
                began = time.process_time()
                find = make(vectors, Path(folder))
                line["seconds"] = round(time.process_time() - began, 2)
                find(asked[0])
                began = time.process_time()
                found = [find(query) for query in asked]
                line["milliseconds"] = round((time.process_time() - began) / ASKED * 1_000, 3)
                same = [len(one & set(other.tolist())) / K for one, other in zip(right, found, strict=True)]
                files = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
                study.add(line | {"recall": round(float(np.mean(same)), 4), "megabytes": round(files / 1e6, 1)})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
