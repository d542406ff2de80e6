"""The servers that are compared, around the flagship's model, with what they are asked."""

import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd

from tests.benchmarks import capstones, requests
from tests.benchmarks.peers import environments as peers
from tests.support.processes import free_port, process, wait_for

Target = tuple[str, list]  # a URL, and the bodies of requests: a flight each
OURS = ("serving", "--port", "PORT", "--grpc-port", "GRPC")
MLFLOW = ("mlflow", "models", "serve", "-m", "models:/columns/1", "--env-manager", "local", "--port", "PORT")
ALONE = {"CAPSTAN_BATCH_ROWS": "1"}


@contextmanager
def targets(
    env: dict[str, str], flights: pd.DataFrame, folder: Path, others: Sequence[str]
) -> Iterator[dict[str, Target]]:
    """Start the servers; yield the targets by name. `folder` has the flagship's model."""
    rows = requests.rows_of(flights)
    columns = requests.v1(rows)
    sent = {
        "columns": columns,
        "dense": requests.v1(rows, requests.NUMBERS),
        "flight_delay": requests.v1_of_flights(flights),
    }
    # The networks are small, and the other core is the load generator's.
    env = capstones.environment(env) | {"OMP_NUM_THREADS": "1"}
    with ExitStack() as stack:

        def start(*command: str, ready: str = "/v2/health/ready", **more: str) -> str:
            return stack.enter_context(server(env | more, ready, *command))

        endpoints: dict[str, Target] = {}
        for suffix, more in {"": {}, ", each alone": ALONE}.items():
            url = start(*OURS, CAPSTAN_SERVE=",".join(sent), **more)  # named, so that ready means all of them
            endpoints |= {f"{name}{suffix}": (f"{url}/v1/models/{name}:predict", sent[name]) for name in sent}
            if not suffix:
                infer = f"{url}/v2/models/columns/infer"
                endpoints |= {"v2": (infer, requests.v2(rows)), "v2, binary": (infer, requests.v2_binary(rows))}
        bare = start("tests.benchmarks.bare", "PORT", ready="/ready")
        endpoints["bare"] = f"{bare}/untyped", columns
        endpoints["bare, validating"] = f"{bare}/typed", [body["instances"] for body in columns]
        records = [{"dataframe_records": body["instances"]} for body in columns]
        endpoints["mlflow"] = f"{start(*MLFLOW, ready='/ping')}/invocations", records
        urls = {
            name: stack.enter_context(peers.server(name, folder / "model.pkl", folder / f"{name}.log"))
            for name in others
        }
        yield endpoints | _peers(urls, rows, folder)


def _peers(urls: dict[str, str], rows: list[requests.Row], folder: Path) -> dict[str, Target]:
    endpoints: dict[str, Target] = {name: (f"{url}/predict", requests.v1(rows)) for name, url in urls.items()}
    if "mlserver" in urls:
        model = pickle.loads((folder / "model.pkl").read_bytes())
        infer = f"{urls['mlserver']}/v2/models/{{}}/infer"
        endpoints["mlserver"] = infer.format("columns"), requests.v2(rows)
        endpoints["mlserver, matrix"] = infer.format("matrix"), requests.v2_matrix(rows, model)
    return endpoints


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
