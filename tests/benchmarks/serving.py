"""The model server beside `mlflow models serve` and bare FastAPI, around the flagship's model, on one machine at once.

Every server runs for the whole time; wrk takes them in turn, round by round, so that what else the machine does meets
all of them. A figure is the median of its rounds, for one row a request.
"""

import statistics

import pandas as pd

from tests.benchmarks import capstones, stack, wrk
from tests.benchmarks.figures import table
from tests.benchmarks.servers import Target, targets

__all__ = ["rows", "table"]

ROUNDS, SECONDS, FLIGHTS = 5, 4, 500
COMPARED = ("columns", "flight_delay", "mlflow", "bare", "bare, validating")  # at 1 and 16 clients
TITLES = {
    "columns": "this server, no features",
    "flight_delay": "this server, online features",
    "mlflow": "`mlflow models serve`, no features",
    "bare": "bare FastAPI that checks nothing",
    "bare, validating": "bare FastAPI that validates",
}
BATCHED = {
    "columns": "gradient boosting",
    "flight_delay": "gradient boosting, online features",
    "dense": "torch, 3 layers of 512",
}


def rows() -> list[dict]:
    """Return ratios, latencies and rates. The stack is up and the flagship trained before anything is measured."""
    with stack.environment() as env:
        flights = pd.read_parquet(stack.run(env)["training_set"]).tail(FLIGHTS)
        env |= {"CAPSTAN_TRACKING_URI": f"http://127.0.0.1:{env['CAPSTAN_MLFLOW_PORT']}"}
        capstones.register(env["CAPSTAN_TRACKING_URI"])
        with targets(env, flights) as found:
            runs = measure(found)
    rates = {key: statistics.median(run.rate for run in each) for key, each in runs.items()}
    p99s = {key: statistics.median(run.p99 for run in each) for key, each in runs.items()}
    return [*_ratios(rates, p99s), *_batching(rates), *_rates(rates, p99s)]


def measure(found: dict[str, Target]) -> dict[tuple[str, int], list[wrk.Run]]:
    """Return the runs of each target and number of clients. Raises AssertionError when a request was not answered."""
    batched = [name + suffix for name in BATCHED for suffix in ("", ", each alone")]
    runs = {(name, clients): [] for clients in (1, 16) for name in COMPARED}
    runs |= {(name, clients): [] for clients in (1, 64) for name in batched}
    for name, clients in runs:  # a first one that does not count
        wrk.run(*found[name], clients, 1)
    for _ in range(ROUNDS):
        for (name, clients), each in runs.items():
            each.append(wrk.run(*found[name], clients, SECONDS))
            assert not each[-1].errors, f"{name}, {clients} clients: {each[-1]}"
    return runs


def _ratios(rates: dict, p99s: dict) -> list[dict]:
    goals = [("columns", "mlflow", 5), ("flight_delay", "mlflow", 3), ("columns", "bare", 0.6)]
    goals.append(("columns", "bare, validating", 0.6))
    ratios = [
        {
            "what": f"{_clients(clients)}: rate of {TITLES[ours]} over that of {TITLES[other]}",
            "goal": f"{goal:g}",
            "measured": f"{rates[ours, clients] / rates[other, clients]:.2f}",
        }
        for clients in (1, 16)
        for ours, other, goal in goals
    ]
    most = f"{p99s['mlflow', 1]:.2f} ms, `mlflow models serve`"
    for ours in ("columns", "flight_delay"):
        ratios.append(
            {"what": f"one client: p99 of {TITLES[ours]}", "goal": most, "measured": f"{p99s[ours, 1]:.2f} ms"}
        )
    return ratios


def _batching(rates: dict) -> list[dict]:
    found = []
    for clients, goal in ((64, ""), (1, "1: costs nothing")):
        for name, title in BATCHED.items():
            together, alone = rates[name, clients], rates[f"{name}, each alone", clients]
            measured = f"{together:,.0f} / {alone:,.0f} a second: {together / alone:.2f}"
            what = f"{_clients(clients)}, {title}: with batches over without"
            found.append({"what": what, "goal": goal, "measured": measured})
    return found


def _rates(rates: dict, p99s: dict) -> list[dict]:
    return [
        {
            "what": f"{_clients(clients)}: {TITLES[name]}",
            "goal": "",
            "measured": f"{rates[name, clients]:,.0f} a second, p99 {p99s[name, clients]:.2f} ms",
        }
        for clients in (1, 16)
        for name in COMPARED
    ]


def _clients(number: int) -> str:
    return "one client" if number == 1 else f"{number} clients"
