"""What does MiniLM cost: time of a message, at the endpoint too, and memory?

The endpoint must be up with a champion. The load generator runs on the same machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlparse

import numpy as np
import psutil

from capstan.errors import CapstanError
from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from models import http_load
from models.encoder import minilm
from pipelines.spam import task
from pipelines.spam.scores import Machine, Meant

SECONDS, MESSAGES, LEARNED = 20.0, 300, 500
LOADS = (1, 8)  # clients
WITHOUT, WITH = "words and characters", "words, characters and MiniLM"


def alone() -> Iterator[Line]:
    """Yield the time of one core for the score of a message, without the reasons, each message by itself."""
    past, test = (part["messages"] for part in task.split(task.load(settings().data_dir)))
    past, texts = past.head(LEARNED), test["text"].head(MESSAGES).tolist()
    encoder = minilm.in_int8(weights_files.fetch_all(task.WEIGHTS))
    known, spam = past["text"].tolist(), past["spam"].to_numpy().astype(int)
    plain = Machine().fit(Machine.counts(known), spam)
    meant = Meant().fit(Meant.counts(known, encoder.embed(known)), spam)
    ways: dict[str, Callable[[str], np.ndarray]] = {
        WITHOUT: lambda text: plain.margin(Machine.counts([text])),
        WITH: lambda text: meant.margin(Meant.counts([text], encoder.embed([text]))),
    }
    for name, way in ways.items():
        way(texts[0])
        took = []
        for text in texts:
            begun = time.process_time()
            way(text)
            took.append(time.process_time() - begun)
        yield {"method": name, "median": float(np.median(took)), "high": float(np.quantile(took, 0.99))}


def memory() -> float:
    """Return the megabytes of the endpoint, which listens at its port."""
    port = urlparse(settings().endpoint_url).port
    listening = (connection for connection in psutil.net_connections("tcp") if connection.status == psutil.CONN_LISTEN)
    [found] = {connection.pid for connection in listening if connection.laddr.port == port and connection.pid}
    return float(psutil.Process(found).memory_info().rss / 1e6)


def endpoint(method: str, clients: int) -> Line:
    """Return the rate, the times and the memory of the endpoint.

    Raises CapstanError for the version without MiniLM, which was measured before MiniLM was part of the score.
    """
    if method == WITHOUT:
        raise CapstanError("The version without MiniLM is an older one. Keep its lines of results.json.")
    test = task.split(task.load(settings().data_dir))[1]["messages"]
    rows = [{"text": text} for text in test["text"].head(MESSAGES)]
    return http_load.measured("spam", rows, clients, 1, SECONDS) | {"memory": memory()}


STUDY = Study(
    measures=[
        Measure(alone, seeds=0),
        Measure(
            endpoint, [{"method": name, "clients": clients} for name in (WITH, WITHOUT) for clients in LOADS], seeds=0
        ),
    ],
    tables=[
        Table(
            {"the score of a message": "method"},
            {
                "median, ms of one core": lambda rows: f"{1_000 * rows['median'].mean():.2f}",
                "99 %": lambda rows: f"{1_000 * rows['high'].mean():.2f}",
            },
            "alone",
        ),
        Table(
            {"served": "method", "clients": "clients"},
            {
                "messages a second": lambda rows: f"{rows['rate'].mean():.0f}",
                "median of a request, ms": lambda rows: f"{1_000 * rows['median'].mean():.1f}",
                "99 %, ms": lambda rows: f"{1_000 * rows['high'].mean():.1f}",
                "memory of the endpoint, MB": lambda rows: f"{rows['memory'].mean():.0f}",
            },
            "endpoint",
            lambda lines: lines.astype({"clients": int}),
        ),
    ],
)
