"""The model server next to others around the flagship's model, on one machine at once: V1, V2, and batches.

Every server runs for the whole time; wrk takes them in turn, round by round, so that what else the machine does meets
all of them. A figure is the median of its rounds, with one row per request.
"""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tests.benchmarks import capstones, stack, wrk
from tests.benchmarks.figures import table
from tests.benchmarks.peers import environments as peers
from tests.benchmarks.servers import Target, targets

__all__ = ["rows", "table"]

ROUNDS, SECONDS, FLIGHTS = 5, 4, 500
TITLES = {  # at 1 and 16 clients
    "columns": "this server, V1, no features",
    "v2": "this server, V2 as JSON, no features",
    "v2, binary": "this server, V2 in binary, no features",
    "flight_delay": "this server, V1, online features",
    "mlflow": "`mlflow models serve`",
    "mlserver": "MLServer, V2 as JSON, one tensor per input",
    "mlserver, matrix": "MLServer, V2 as JSON, one tensor of codes",
    "litserve": "LitServe",
    "bentoml": "BentoML",
    "bare": "bare FastAPI that checks nothing",
    "bare, validating": "bare FastAPI that validates",
}
GOALS = [  # ours, the other, and at least how many times its rate
    ("v2", "mlserver", "1.6"),
    ("v2", "mlserver, matrix", ""),
    ("v2, binary", "v2", "over 1"),
    ("v2, binary", "mlserver", ""),
    ("columns", "mlserver", ""),
    ("columns", "litserve", ""),
    ("columns", "bentoml", ""),
    ("columns", "mlflow", "5"),
    ("flight_delay", "mlflow", "3"),
    ("columns", "bare", "0.6"),
    ("columns", "bare, validating", "0.6"),
]
BATCHED = {
    "columns": "gradient boosting",
    "flight_delay": "gradient boosting, online features",
    "dense": "torch, 3 layers of 512",
}


def rows(size: float = 1.0, on: stack.Flagship | None = None, others: Sequence[str] = tuple(peers.READY)) -> list[dict]:
    """Return ratios, latencies and rates. The flagship is trained before anything is measured.

    others: the servers that need environments of their own.
    """
    peers.prepare(others)
    with stack.flagship(on) as flagship, tempfile.TemporaryDirectory(prefix="capstan-bench-") as folder:
        flights = pd.read_parquet(flagship.training_set).tail(FLIGHTS)
        env = flagship.env | {"CAPSTAN_TRACKING_URI": f"http://127.0.0.1:{flagship.env['CAPSTAN_MLFLOW_PORT']}"}
        capstones.register(env, Path(folder))
        with targets(env, flights, Path(folder), others) as endpoints:
            runs = measure(endpoints, round(size * ROUNDS), max(1, round(size * SECONDS)))
    rates = {key: statistics.median(run.rate for run in each) for key, each in runs.items()}
    p99s = {key: statistics.median(run.p99 for run in each) for key, each in runs.items()}
    return [*_ratios(rates, p99s), *_batching(rates), *_rates(rates, p99s)]


def measure(endpoints: dict[str, Target], rounds: int, seconds: int) -> dict[tuple[str, int], list[wrk.Run]]:
    """Return the runs of each target and number of clients. Raises AssertionError when a request was not answered.

    A first run does not count. Without rounds, it does.
    """
    batched = [name + suffix for name in BATCHED for suffix in ("", ", each alone")]
    named = [name for name in TITLES if name in endpoints]
    runs: dict[tuple[str, int], list[wrk.Run]] = {(name, clients): [] for clients in (1, 16) for name in named}
    runs |= {(name, clients): [] for clients in (1, 64) for name in batched}
    for number in range(rounds + 1):
        for (name, clients), each in runs.items():
            each.append(wrk.run(*endpoints[name], clients, seconds if number else 1))
            assert not each[-1].errors, f"{name}, {clients} clients: {each[-1]}"
    return {key: each[1:] or each for key, each in runs.items()}


def _ratios(rates: dict, p99s: dict) -> list[dict]:
    ratios = [
        {
            "what": f"{_clients(clients)}: rate of {TITLES[ours]} over that of {TITLES[peer]}",
            "goal": goal,
            "measured": f"{rates[ours, clients] / rates[peer, clients]:.2f}",
        }
        for clients in (1, 16)
        for ours, peer, goal in GOALS
        if (peer, clients) in rates
    ]
    most = f"{p99s['mlflow', 1]:.2f} ms, {TITLES['mlflow']}"
    for ours in ("columns", "flight_delay"):
        ratios.append(
            {"what": f"one client: p99 of {TITLES[ours]}", "goal": most, "measured": f"{p99s[ours, 1]:.2f} ms"}
        )
    return ratios


def _batching(rates: dict) -> list[dict]:
    lines = []
    for clients, goal in ((64, ""), (1, "1: costs nothing")):
        for name, title in BATCHED.items():
            together, alone = rates[name, clients], rates[f"{name}, each alone", clients]
            measured = f"{together:,.0f} / {alone:,.0f} a second: {together / alone:.2f}"
            what = f"{_clients(clients)}, {title}: with batches over without"
            lines.append({"what": what, "goal": goal, "measured": measured})
    return lines


def _rates(rates: dict, p99s: dict) -> list[dict]:
    return [
        {
            "what": f"{_clients(clients)}: {TITLES[name]}",
            "goal": "",
            "measured": f"{rates[name, clients]:,.0f} a second, p99 {p99s[name, clients]:.2f} ms",
        }
        for clients in (1, 16)
        for name in TITLES
        if (name, clients) in rates
    ]


def _clients(number: int) -> str:
    return "one client" if number == 1 else f"{number} clients"
