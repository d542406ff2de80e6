"""A real MLflow server, a real Feast store and the real model server, each a process that is stopped by its id."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2013, 6, 1, 12, tzinfo=UTC)  # the prediction time of FLIGHT
FLIGHT = {"carrier": "AA", "origin": "JFK", "tailnum": "N1", "sched_dep": "2013-06-01T13:00:00Z", "seats_sold": 3}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def process(command: list[str], log: Path, **env: str) -> Iterator[subprocess.Popen]:
    with log.open("w") as output:
        child = subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for(url: str, child: subprocess.Popen, log: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if child.poll() is not None:
            break
        try:
            if httpx.get(url, timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail(f"{url} does not answer:\n{log.read_text()[-3000:]}")


@dataclass
class Mlflow:
    """The tracking server."""

    url: str
    child: subprocess.Popen
    log: Path

    def register(self, name: str, bias: float) -> str:
        """Log a model of a capstone and return its version."""
        import mlflow
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, Schema

        from tests.integration.serving.capstones import COLUMNS, make_model

        mlflow.set_tracking_uri(self.url)
        mlflow.set_experiment("serving")  # mlflow keeps the one of an earlier server in mind
        schema = Schema([ColSpec("double", column, required=False) for column in COLUMNS[name]])
        with mlflow.start_run():
            info = mlflow.pyfunc.log_model(
                name="model",
                python_model=make_model(name, bias),
                signature=ModelSignature(schema, Schema([ColSpec("double")])),
                pip_requirements=[],
                registered_model_name=name,
            )
        return str(info.registered_model_version)

    def alias(self, name: str, alias: str, version: str | None) -> None:
        """Point an alias at a version, or remove it."""
        from mlflow import MlflowClient

        client = MlflowClient(self.url)
        if version is None:
            client.delete_registered_model_alias(name, alias)
        else:
            client.set_registered_model_alias(name, alias, version)


@dataclass
class Server:
    """The model server."""

    url: str
    port: int
    grpc_port: int
    child: subprocess.Popen
    log: Path
    client: httpx.Client
    born_with: list[str] | None = None  # the models it had before any was registered

    def load(self, name: str) -> httpx.Response:
        return self.client.post(f"/v2/repository/models/{name}/load")

    def predict(self, *rows: dict, name: str = "tiny", headers: dict | None = None, **body) -> httpx.Response:
        return self.client.post(f"/v1/models/{name}:predict", json={"instances": list(rows), **body}, headers=headers)

    def infer(self, *tensors: dict, name: str = "tiny", headers: dict | None = None, **body) -> httpx.Response:
        return self.client.post(f"/v2/models/{name}/infer", json={"inputs": list(tensors), **body}, headers=headers)


@contextmanager
def another_server(mlflow: Mlflow, feast_home: Path, home: Path, **env: str) -> Iterator[Server]:
    """A model server of a test's own, with its state in `home`; it has the models that are registered by now."""
    port, grpc_port, log = free_port(), free_port(), home.parent / f"server-{free_port()}"
    command = [sys.executable, "-m", "tests.integration.serving.capstones", str(feast_home), str(port), str(grpc_port)]
    env = {"CAPSTAN_TRACKING_URI": mlflow.url, "CAPSTAN_HOME": str(home)} | env
    url = f"http://127.0.0.1:{port}"
    with process(command, log, **env) as child, httpx.Client(base_url=url, timeout=30) as client:
        wait_for(f"{url}/v2/health/live", child, log)
        yield Server(url, port, grpc_port, child, log, client)


def tensors(*rows: dict) -> list[dict]:
    """Return rows as V2 tensors."""
    kinds = {"seats_sold": "INT64"}
    return [
        {"name": k, "shape": [len(rows)], "datatype": kinds.get(k, "BYTES"), "data": [row[k] for row in rows]}
        for k in rows[0]
    ]


@pytest.fixture(scope="session")
def feast_home(tmp_path_factory) -> Path:
    """The folder of the Feast store."""
    return tmp_path_factory.mktemp("feast")


@pytest.fixture(scope="session")
def processes(tmp_path_factory, feast_home) -> Iterator[tuple[Mlflow, Server]]:
    """MLflow and the model server, both still starting: that takes as long as the imports of the tests."""
    logs, (mlflow_port, port, grpc_port) = tmp_path_factory.mktemp("logs"), (free_port() for _ in range(3))
    stores = ["--backend-store-uri", f"sqlite:///{logs}/mlflow.db", "--artifacts-destination", str(logs / "files")]
    mlflow = [sys.executable, "-m", "mlflow", "server", "--port", str(mlflow_port), "--workers", "1", *stores]
    server = [sys.executable, "-m", "tests.integration.serving.capstones", str(feast_home), str(port), str(grpc_port)]
    uri, url = f"http://127.0.0.1:{mlflow_port}", f"http://127.0.0.1:{port}"
    with (
        process(mlflow, logs / "mlflow", MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false") as tracking,
        process(server, logs / "server", CAPSTAN_TRACKING_URI=uri) as child,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield Mlflow(uri, tracking, logs / "mlflow"), Server(url, port, grpc_port, child, logs / "server", client)


@pytest.fixture(scope="session")
def store(feast_home):
    """The Feast store with one row a view."""
    from tests.integration.serving.capstones import make_store, write

    made = make_store(feast_home)
    write(made, "carrier_stats", "carrier", "AA", NOW, carrier_delay=12.0, carrier_flights=30)
    write(made, "airports", "origin", "JFK", datetime(1970, 1, 1, tzinfo=UTC), runways=4)
    write(made, "aircraft", "tailnum", "N1", NOW, age=7.5)
    return made


@pytest.fixture
def slow_store(feast_home):
    """While it is locked, look-ups of features wait."""
    database = sqlite3.connect(feast_home / "online.db", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    yield
    database.execute("ROLLBACK")
    database.close()


@pytest.fixture(scope="session")
def mlflow(processes, store) -> Mlflow:
    """MLflow, running."""
    server = processes[0]
    wait_for(f"{server.url}/health", server.child, server.log)
    return server


@pytest.fixture(scope="session")
def server(processes, mlflow) -> Server:
    """The model server with `tiny` and `plain`, a champion each."""
    running = processes[1]
    wait_for(f"{running.url}/v2/health/live", running.child, running.log)
    running.born_with = running.client.get("/v2/models").json()["models"]
    for name in ("tiny", "plain"):
        mlflow.alias(name, "champion", mlflow.register(name, 0.0))
        assert running.load(name).status_code == 200, running.log.read_text()
    wait_for(f"{running.url}/v2/health/ready", running.child, running.log)
    return running


@pytest.fixture(scope="module")
def child() -> Iterator[Callable]:
    """Call a function of `triton` in a process of its own, for its protocol buffers and KServe's cannot share one."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield lambda function, *args, **options: pool.submit(function, *args, **options).result(60)
