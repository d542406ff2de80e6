"""What does MiniLM in int8 gain and cost, and how many texts a second does the endpoint answer?

The endpoint must be up with a champion, in int8 or in float32 (`capstan run moderation --set bits=32`). So many clients
ask it at once, with so many texts in a request; the load generator runs on the same machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from capstan.errors import CapstanError
from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged
from models import http_load
from models.encoder import minilm, vectors
from pipelines.moderation import reading, task, training
from pipelines.moderation.studies.compare import study as compare
from pipelines.moderation.studies.robust.pictures import champion

SECONDS, TEXTS = 20.0, 200
FLOAT, INT8 = "float32", "int8"
LOADS = {FLOAT: ((1, 1), (8, 1), (2, 32)), INT8: ((1, 1), (8, 1), (32, 1), (64, 1), (2, 32))}  # clients, texts of each


def encoder() -> Iterator[Line]:
    """Yield the time of MiniLM for a text, and how near its vectors in int8 are to those in float32."""
    weights, texts = weights_files.fetch_all(task.WEIGHTS), asked()
    before = np.empty(0)
    for name, model in ((FLOAT, minilm.shared(weights)), (INT8, minilm.in_int8(weights))):
        model.embed(texts[:32])
        begun = time.process_time()
        embedded = model.embed(texts)
        seconds = (time.process_time() - begun) / len(texts)
        before = embedded if name == FLOAT else before
        cosine = (embedded * before).sum(axis=1)
        yield {"method": name, "seconds": seconds, "cosine": float(cosine.mean()), "lowest": float(cosine.min())}


def folds() -> Iterator[Line]:
    """Yield macro F1 by five folds of what is served, with MiniLM in float32 and in int8, and their difference."""
    weights, rows = weights_files.fetch_all(task.WEIGHTS), task.load(settings().data_dir)["tweets"]
    texts, shares, units = rows["text"].tolist(), training.shares_of(rows), rows["unit"].to_numpy()
    before = np.empty(0)
    for name in (FLOAT, INT8):
        read = reading.read(texts, vectors.of(texts, weights, int8=name == INT8))
        served = compare.answers(compare.AGAIN, read, shares, units, seed=0)[compare.SERVED]
        column = compare.values(shares, served)["macro_f1"]
        before = column if name == FLOAT else before
        line = compare.interval("macro_f1", column, units) | compare.interval("more", column - before, units)
        yield {"method": name} | line


def asked() -> list[str]:
    """Return the texts that are asked about."""
    texts: list[str] = task.split(task.load(settings().data_dir))[1]["tweets"]["text"].head(TEXTS).tolist()
    return texts


def endpoint(method: str, clients: int, each: int) -> Line:
    """Return the rate and the times of the endpoint. Raises CapstanError where it serves the other method."""
    if champion().int8 != (method == INT8):
        bits = 8 if method == INT8 else 32
        raise CapstanError(f"The champion is not in {method}. Make one: capstan run moderation --set bits={bits}")
    return http_load.measured("moderation", [{"text": text} for text in asked()], clients, each, SECONDS)


CASES: list[Line] = [
    {"method": method, "clients": clients, "each": each} for method, loads in LOADS.items() for clients, each in loads
]
STUDY = Study(
    measures=[Measure(encoder, seeds=0), Measure(folds, seeds=0), Measure(endpoint, CASES, seeds=0)],
    tables=[
        Table(
            {"MiniLM alone": "method"},
            {
                "ms of one core for a text": lambda rows: f"{1_000 * rows['seconds'].mean():.1f}",
                "cosine with float32, mean": lambda rows: f"{rows['cosine'].mean():.3f}",
                "lowest": lambda rows: f"{rows['lowest'].mean():.3f}",
            },
            "encoder",
        ),
        Table(
            {"five folds": "method"},
            {"macro F1": ranged("macro_f1", 3), "more than float32": ranged("more", 3)},
            "folds",
        ),
        Table(
            {"MiniLM": "method", "clients": "clients", "texts of a request": "each"},
            {
                "texts a second": lambda rows: f"{rows['rate'].mean():.0f}",
                "median of a request, s": lambda rows: f"{rows['median'].mean():.3f}",
                "99 %, s": lambda rows: f"{rows['high'].mean():.3f}",
            },
            "endpoint",
            lambda lines: lines.astype({"clients": int, "each": int}),
        ),
    ],
)
