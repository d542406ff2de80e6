"""`python -m pipelines.spam.speed`: what MiniLM costs: the time of a message, at the endpoint too, and memory.

It writes `speed.json` into the folder that it is given, and prints the tables. The endpoint has to be up with a
champion; the load generator runs on the same machine. `--method` names what serves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pandas as pd
import psutil

from capstan.inputs import weights_files
from capstan.settings import settings
from models import http_load
from models.encoder import minilm
from models.study import Line, Study, markdown, options
from pipelines.spam import task
from pipelines.spam.scores import Machine, Meant

FOLDER = Path(__file__).parent
SECONDS, MESSAGES, LEARNED = 20.0, 300, 500
LOADS = (1, 8)  # clients
WITHOUT, WITH = "words and characters", "words, characters and MiniLM"


def alone(past: pd.DataFrame, texts: list[str]) -> Iterator[Line]:
    """Yield the time of one core for the score of a message, without the reasons, each message by itself."""
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
    listening = (one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN)
    [found] = {one.pid for one in listening if one.laddr.port == port and one.pid}
    return float(psutil.Process(found).memory_info().rss / 1e6)


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""
    parts = dict(list(results.groupby("part", sort=False)))
    by_itself = markdown(parts["alone"], {"the score of a message": "method"}, {
        "median, ms of one core": lambda rows: f"{1_000 * rows['median'].mean():.2f}",
        "99 %": lambda rows: f"{1_000 * rows['high'].mean():.2f}",
    })  # fmt: skip
    served = markdown(parts["endpoint"], {"served": "method", "clients": "clients"}, {
        "messages a second": lambda rows: f"{rows['rate'].mean():.0f}",
        "median of a request, ms": lambda rows: f"{1_000 * rows['median'].mean():.1f}",
        "99 %, ms": lambda rows: f"{1_000 * rows['high'].mean():.1f}",
        "memory of the endpoint, MB": lambda rows: f"{rows['memory'].mean():.0f}",
    })  # fmt: skip
    return f"{by_itself}\n\n{served}"


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--method", default=WITH, help="what the endpoint serves")
    given = parser.parse_args()
    study = Study(given.out / "speed.json", ["part", "method", "clients"])
    past, test = (part["messages"] for part in task.split(task.load(settings().data_dir)))
    texts = test["text"].head(MESSAGES).tolist()
    if not study.has(part="alone"):
        study.add(*({"part": "alone", "clients": 0} | line for line in alone(past.head(LEARNED), texts)))
    for clients in LOADS:
        case = {"part": "endpoint", "method": given.method, "clients": clients}
        if not study.has(**case):
            rows = [{"text": text} for text in texts]
            study.add(case | http_load.measured("spam", rows, clients, 1, SECONDS) | {"memory": memory()})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
