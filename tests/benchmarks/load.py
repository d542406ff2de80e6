"""Ten minutes at 70% of the highest rate: the flagship with its online features, one flight per request."""

import statistics
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from capstan.data.files import read_json
from tests.benchmarks import requests, stack, steady, wrk
from tests.benchmarks.figures import table

__all__ = ["rows", "table"]

SHARE, SECONDS, FLIGHTS = 0.7, 600, 5000


def rows(size: float = 1.0, on: stack.Flagship | None = None) -> list[dict]:
    """Return what was answered, how fast, and what the server's memory did."""
    with stack.flagship(on) as flagship:
        flights = pd.read_parquet(flagship.training_set).tail(FLIGHTS)
        url = f"http://127.0.0.1:{flagship.port}/v1/models/flight_delay:predict"
        pid = read_json(Path(flagship.env["CAPSTAN_HOME"], "run", "endpoint.json"))["pid"]
        return figures(url, pid, requests.v1_of_flights(flights), size)


def figures(url: str, pid: int, bodies: list[dict], size: float) -> list[dict]:
    """Measure a server that runs."""
    seconds = size * SECONDS
    highest = statistics.median(wrk.run(url, bodies, 64, max(1, round(size * 10))).rate for _ in range(3))
    with Memory(pid) as memory:
        answers = steady.ask(url, bodies, SHARE * highest, seconds)
    p50, p99, p999 = np.quantile(answers.milliseconds, [0.5, 0.99, 0.999])
    minute = memory.samples[min(60, len(memory.samples) // 10)]
    most = max(memory.samples[min(60, len(memory.samples) // 10) :])
    growth = f"{most / minute - 1:.1%}, from {minute / 2**20:,.0f} MiB"
    return [
        {"what": "highest rate, 64 clients", "goal": "", "measured": f"{highest:,.0f} a second"},
        {"what": f"requests in {seconds / 60:g} minutes", "goal": "", "measured": f"{len(answers.milliseconds):,}"},
        {"what": "errors", "goal": "0", "measured": f"{len(answers.errors):,} {answers.errors[:1] or ''}".strip()},
        {"what": "largest memory after the first minute", "goal": "under 5% more", "measured": growth},
        {"what": "p50, from when a request was due", "goal": "", "measured": f"{p50:.2f} ms"},
        {"what": "p99, from when a request was due", "goal": "", "measured": f"{p99:.2f} ms"},
        {"what": "p99.9, from when a request was due", "goal": "", "measured": f"{p999:.2f} ms"},
    ]


class Memory:
    """The resident bytes of a process, second by second, while it is entered."""

    def __init__(self, pid: int):
        self.process, self.samples = psutil.Process(pid), []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._end.wait(1):
            self.samples.append(self.process.memory_info().rss)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()
