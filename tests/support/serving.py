"""A real MLflow server and the real model server, each a process that is stopped by its id."""

import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from capstan import catalogue
from capstan.rollout.state import RolloutState
from capstan.rollout.traffic import Traffic
from capstan.versions import model_version, version_seal
from tests.support import capstones_of_tests as capstones
from tests.support.processes import free_port, process, wait_for


@dataclass
class Mlflow:
    """The tracking server."""

    url: str
    child: subprocess.Popen
    log: Path

    def register(self, name: str, bias: float | None = None, model=None, fresh: bool = False) -> str:
        """Log a version of a capstone and return its number."""
        import mlflow
        from mlflow import MlflowClient
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, Schema

        mlflow.set_tracking_uri(self.url)
        mlflow.set_experiment("serving")  # mlflow keeps the one of an earlier server in mind
        signature = ModelSignature(Schema([ColSpec("double", "x")]), Schema([ColSpec("double")]))
        with TemporaryDirectory() as folder, mlflow.start_run(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow would rather have an example of an input
            files = capstones.save(Path(folder), name, bias, model, fresh)
            info = mlflow.pyfunc.log_model(
                name="model",
                loader_module=model_version.__name__,
                data_path=str(files),
                signature=signature,
                pip_requirements=[],
                registered_model_name=name,
            )
            number = str(info.registered_model_version)
            for tag, value in version_seal.tags(name, files).items():
                MlflowClient(self.url).set_model_version_tag(name, number, tag, value)
        return number

    def roles(self, name: str, traffic: Traffic | None = None, **roles: str) -> None:
        """Write the state of a roll-out, as `capstan.rollout.store` keeps it."""
        from mlflow import MlflowClient

        state = RolloutState(**roles, traffic=traffic or Traffic())
        MlflowClient(self.url).set_registered_model_tag(name, "rollout", state.to_json())


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
        """Load a capstone again."""
        return self.client.post(f"/v2/repository/models/{name}/load")

    def predict(self, *rows: dict, name: str = "tiny", headers: dict | None = None, **body) -> httpx.Response:
        """Predict by V1."""
        return self.client.post(f"/v1/models/{name}:predict", json={"instances": list(rows), **body}, headers=headers)

    def infer(self, *tensors: dict, name: str = "tiny", headers: dict | None = None, **body) -> httpx.Response:
        """Predict by V2."""
        return self.client.post(f"/v2/models/{name}/infer", json={"inputs": list(tensors), **body}, headers=headers)


def tensors(*rows: dict) -> list[dict]:
    """Return rows as V2 tensors."""
    kinds = {"seats_sold": "INT64"}
    return [
        {"name": k, "shape": [len(rows)], "datatype": kinds.get(k, "BYTES"), "data": [row[k] for row in rows]}
        for k in rows[0]
    ]


def server_command(feast_home: Path, port: int, grpc_port: int, constants: Mapping[str, float] = {}) -> list[str]:
    """Return the command that starts a model server. constants: other values of them, by module and name."""
    more = [f"{name}={value}" for name, value in constants.items()]
    return [sys.executable, "-m", "tests.support.model_server", str(feast_home), str(port), str(grpc_port), *more]


@contextmanager
def mlflow_server(folder: Path) -> Iterator[Mlflow]:
    """An MLflow server, still starting, with its state in a folder."""
    port = free_port()
    stores = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "files")]
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1", *stores]
    with process(command, folder / "mlflow", MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false") as child:
        yield Mlflow(f"http://127.0.0.1:{port}", child, folder / "mlflow")


@contextmanager
def starting_server(
    mlflow: Mlflow, feast_home: Path, home: Path, constants: Mapping[str, float] = {}, **env: str
) -> Iterator[Server]:
    """A model server that is still starting, with its state in `home`. constants: as of `server_command`."""
    port, grpc_port, log = free_port(), free_port(), mlflow.log.with_name(f"server-{free_port()}")
    # A test says when it loads, unless it is about that.
    env = {"CAPSTAN_TRACKING_URI": mlflow.url, "CAPSTAN_HOME": str(home), "CAPSTAN_ROLLOUT_SECONDS": "0"} | env
    url = f"http://127.0.0.1:{port}"
    command = server_command(feast_home, port, grpc_port, constants)
    with process(command, log, **env) as child, httpx.Client(base_url=url, timeout=30) as client:
        yield Server(url, port, grpc_port, child, log, client)


@contextmanager
def another_server(
    mlflow: Mlflow, feast_home: Path, home: Path, constants: Mapping[str, float] = {}, **env: str
) -> Iterator[Server]:
    """A model server of a test's own, with its state in `home`; it has loaded what has a champion by now."""
    with starting_server(mlflow, feast_home, home, constants, **env) as server:
        wait_for(f"{server.url}/v2/health/live", server.child, server.log)
        while any(_is_loading(server, name) for name in catalogue.names()):
            time.sleep(0.1)
        yield server


def _is_loading(server: Server, name: str) -> bool:
    return "is loading" in server.client.get(f"/v2/models/{name}/ready").text
