"""The servers that are compared, around the flagship's model, with what they are asked."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd

from pipelines.flight_delay import task
from tests.benchmarks.capstones import NUMBERS
from tests.support.processes import free_port, process, wait_for

Target = tuple[str, list]  # a URL, and the bodies of requests: a flight each
BENCHMARK, FLAGSHIP = (
    ("tests.benchmarks.capstones", "PORT", "GRPC"),
    ("serving", "--port", "PORT", "--grpc-port", "GRPC"),
)
MLFLOW = ("mlflow", "models", "serve", "-m", "models:/columns@champion", "--env-manager", "local", "--port", "PORT")
ALONE = {"CAPSTAN_BATCH_ROWS": "1"}


@contextmanager
def targets(env: dict[str, str], flights: pd.DataFrame) -> Iterator[dict[str, Target]]:
    """Start the servers; yield the targets by name. `columns` and `dense` are the benchmark's own capstones."""
    with ExitStack() as stack:

        def start(*command: str, ready: str = "/v2/health/ready", **more: str) -> str:
            return stack.enter_context(server(env | more, ready, *command))

        sent = bodies(flights)
        found = {}
        for name, command in {"columns": BENCHMARK, "flight_delay": FLAGSHIP}.items():
            for suffix, more in {"": {}, ", each alone": ALONE}.items():
                url = start(*command, **more)
                for capstone in ("columns", "dense") if name == "columns" else (name,):
                    found[capstone + suffix] = f"{url}/v1/models/{capstone}:predict", sent[capstone]
        bare = start("tests.benchmarks.bare", "PORT", ready="/ready")
        rows = [body["instances"] for body in sent["columns"]]
        found["bare"] = f"{bare}/untyped", sent["columns"]
        found["bare, validating"] = f"{bare}/typed", rows
        found["mlflow"] = f"{start(*MLFLOW, ready='/ping')}/invocations", [{"dataframe_records": row} for row in rows]
        yield found


def bodies(flights: pd.DataFrame) -> dict[str, list[dict]]:
    """Return the requests of each capstone, a flight each."""
    inputs = flights[task.INPUTS].astype(object)
    rows = inputs.where(inputs.notna(), None).to_dict("records")
    return {
        "columns": [{"instances": [row]} for row in rows],
        "dense": [{"instances": [{name: row[name] for name in NUMBERS}]} for row in rows],
        "flight_delay": [{"instances": [flight]} for flight in task.requests(flights)],
    }


@contextmanager
def server(env: dict[str, str], ready: str, *command: str) -> Iterator[str]:
    """Run a module with PORT and GRPC in its arguments made free ports; yield its URL once `ready` is a 200."""
    ports = {"PORT": str(free_port()), "GRPC": str(free_port())}
    run = [sys.executable, "-m", *(ports.get(word, word) for word in command)]
    log = Path(env["CAPSTAN_HOME"], "logs", f"{command[0]}-{ports['PORT']}.log")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # mlflow starts `uvicorn` by its name
    with process(run, log, **env | {"PATH": path, "MLFLOW_TRACKING_URI": env["CAPSTAN_TRACKING_URI"]}) as child:
        url = f"http://127.0.0.1:{ports['PORT']}"
        wait_for(url + ready, child, log)
        yield url
