"""A registered version is an MLflow model: those who have MLflow and the version's files use it without Capstan."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from capstan.services.waiting import wait_while
from capstan.settings import ROOT, settings
from tests.support.processes import HANG_SECONDS, free_port
from tests.support.small import each

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
NAMES = ["flight_delay", "credit_risk", "sentiment"]  # with features; without; of torch, with weights
PREDICT = """
import json, sys, mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
answer = model.predict(model.input_example)
import capstan
print(json.dumps([capstan.__file__, answer.to_dict("list")], default=str))
"""


def uv(*arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("uv")), "--system-certs", *arguments]
    found = {"UV_FIND_LINKS": os.environ["PIP_FIND_LINKS"]} if "PIP_FIND_LINKS" in os.environ else {}
    subprocess.run(command, check=True, timeout=HANG_SECONDS, env=os.environ | found)


def predict(python: str, model: str, environment: dict[str, str], folder: Path) -> tuple[Path, dict]:
    """Return the file of the package `capstan` that a Python uses to load a model, and the answer to its example."""
    command = [python, "-c", PREDICT, model]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=HANG_SECONDS, env=environment, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr
    file, answer = rounded(done.stdout.splitlines()[-1])
    return Path(file), answer


def rounded(text: str) -> Any:
    """Return JSON with nine digits: sums may differ in the last ones, which depend on where arrays lie in memory."""
    return json.loads(text, parse_float=lambda digits: float(f"{float(digits):.9g}"))


@pytest.fixture(params=each(NAMES))
def version(request, small_run) -> tuple[str, str]:
    """The name and the number of a version of each capstone in turn."""
    return request.param, small_run(request.param)["version"]


def test_version_is_loaded_and_served_where_there_is_no_capstan(version, tmp_path):
    import mlflow

    name, number = version
    mlflow.set_tracking_uri(settings().tracking_uri)
    model = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{number}", dst_path=str(tmp_path / "model")))
    uv("venv", "--quiet", "--python", sys.executable, str(tmp_path / "env"))
    python = str(tmp_path / "env" / "bin" / "python")
    uv("pip", "install", "--quiet", "--python", python, "--requirements", str(model / "requirements.txt"))
    bare = {
        "PATH": f"{tmp_path}/env/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "MLFLOW_TRACKING_URI": settings().tracking_uri,
    }
    # Its cache has the weights: tests have no connection to their address.
    bare["CAPSTAN_HOME"] = str(settings().home)
    # Sums of several threads may differ in the last digit.
    bare |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

    here, expected = predict(sys.executable, f"models:/{name}/{number}", os.environ | bare, tmp_path)
    there, answer = predict(python, f"models:/{name}/{number}", bare, tmp_path)
    assert here == ROOT / "capstan" / "__init__.py"  # inside Capstan, the copy is not used
    assert there.parent.parent.name == "core" and answer == expected

    port, log = free_port(), tmp_path / "log"
    serve = [python, "-m", "mlflow", "models", "serve", "--model-uri", str(model), "--env-manager", "local"]
    with log.open("w") as file:
        server = subprocess.Popen([*serve, "--port", str(port)], env=bare, cwd=tmp_path, stdout=file, stderr=file)
    try:
        url = f"http://127.0.0.1:{port}"
        assert not wait_while(lambda: server.poll() is None and not answers(url), HANG_SECONDS), log.read_text()
        body = (model / "serving_input_example.json").read_bytes()
        reply = httpx.post(f"{url}/invocations", content=body, headers={"content-type": "application/json"}, timeout=60)
        assert reply.status_code == 200, reply.text + log.read_text()
        rows = rounded(reply.text)["predictions"]
        assert {field: [row[field] for row in rows] for field in expected} == expected
    finally:
        server.terminate()
        server.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ping", timeout=5).is_success
    except httpx.HTTPError:
        return False
