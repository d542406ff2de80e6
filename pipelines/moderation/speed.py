"""`python -m pipelines.moderation.speed`: what MiniLM in int8 gains and costs, and texts a second of the endpoint.

It writes `speed.json` into the folder that it is given, and prints the tables. The endpoint has to be up with a
champion, in int8 or in float32 (`capstan run moderation --set bits=32`): it measures the one that serves. So many
clients ask it at once, so many texts in a request; the load generator runs on the same machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from models import http_load
from models.encoder import minilm, vectors
from models.study import Line as Measured
from models.study import Study, markdown, options, ranged
from pipelines.moderation import compare, reading, task, training
from pipelines.moderation.pictures import champion

FOLDER = Path(__file__).parent
SECONDS, TEXTS = 20.0, 200
LOADS = ((1, 1), (8, 1), (32, 1), (64, 1), (2, 32))  # clients, texts of a request
FLOAT, INT8 = "float32", "int8"


def alone(texts: list[str], weights: Mapping[str, Path]) -> Iterator[Measured]:
    """Yield the time of MiniLM for a text, and how near its vectors in int8 are to those in float32."""
    before = np.empty(0)
    for name, one in ((FLOAT, minilm.shared(weights)), (INT8, minilm.in_int8(weights))):
        one.embed(texts[:32])
        begun = time.process_time()
        made = one.embed(texts)
        seconds = (time.process_time() - begun) / len(texts)
        before = made if name == FLOAT else before
        cosine = (made * before).sum(axis=1)
        yield {"method": name, "seconds": seconds, "cosine": float(cosine.mean()), "lowest": float(cosine.min())}


def judged(rows: pd.DataFrame, weights: Mapping[str, Path]) -> Iterator[Measured]:
    """Yield macro F1 by five folds of what is served, with MiniLM in float32 and in int8, and their difference."""
    texts, shares, units = rows["text"].tolist(), training.shares_of(rows), rows["unit"].to_numpy()
    before = np.empty(0)
    for name in (FLOAT, INT8):
        read = reading.read(texts, vectors.of(texts, weights, int8=name == INT8))
        made = compare.answers(compare.AGAIN, read, shares, units, seed=0)[compare.SERVED]
        column = compare.values(shares, made)["macro_f1"]
        before = column if name == FLOAT else before
        line = compare.interval("macro_f1", column, units) | compare.interval("more", column - before, units)
        yield {"method": name} | line


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""
    parts = dict(list(results.groupby("part", sort=False)))
    columns = {"MiniLM": "method", "clients": "clients", "texts of a request": "each"}
    served = markdown(parts["endpoint"], columns, {
        "texts a second": lambda rows: f"{rows['rate'].mean():.0f}",
        "median of a request, s": lambda rows: f"{rows['median'].mean():.3f}",
        "99 %, s": lambda rows: f"{rows['high'].mean():.3f}",
    })  # fmt: skip
    by_itself = markdown(parts["encoder"], {"MiniLM alone": "method"}, {
        "ms of one core for a text": lambda rows: f"{1_000 * rows['seconds'].mean():.1f}",
        "cosine with float32, mean": lambda rows: f"{rows['cosine'].mean():.3f}",
        "lowest": lambda rows: f"{rows['lowest'].mean():.3f}",
    })  # fmt: skip
    folds = markdown(parts["folds"], {"five folds": "method"}, {
        "macro F1": ranged("macro_f1", 3), "more than float32": ranged("more", 3),
    })  # fmt: skip
    return f"{by_itself}\n\n{folds}\n\n{served}"


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "speed.json", ["part", "method", "clients", "each"])
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    texts = task.split(loaded)[1]["tweets"]["text"].head(TEXTS).tolist()
    none = {"clients": 0, "each": 0}
    if not study.has(part="encoder"):
        study.add(*({"part": "encoder"} | none | line for line in alone(texts, weights)))
    if not study.has(part="folds"):
        study.add(*({"part": "folds"} | none | line for line in judged(loaded["tweets"], weights)))
    method = INT8 if champion().int8 else FLOAT
    for clients, each in LOADS:
        case = {"part": "endpoint", "method": method, "clients": clients, "each": each}
        if not study.has(**case):
            rows = [{"text": text} for text in texts]
            study.add(case | http_load.measured("moderation", rows, clients, each, SECONDS))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
