"""Requests that schemathesis makes up from the server's own document find no 5xx and no undocumented answer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from serving.guards.tokens import add
from tests.support.serving import another_server

CONFIG = Path(__file__).with_name("schemathesis.toml")
# Of what Ann's token is not for, labels and decisions, schemathesis counts no 403 as a refusal of the body.
# The paths for any model do not say what its rows are; and with a model unloaded, the others' answers would be 404s.
NEVER_ACCEPTED = {
    "POST /v1/completions",
    "POST /v1/chat/completions",
    "POST /v1/models/{model_name}:predict",
    "POST /v1/models/{model_name}:explain",
    "POST /v1/models/{model_name}:event",
    "POST /v1/models/{model_name}:events",
    "POST /v2/models/{model_name}/infer",
    "POST /v2/models/{model_name}/versions/{model_version}/infer",
    "POST /v2/models/{model_name}/generate",
    "POST /v2/models/{model_name}/generate_stream",
    "POST /v2/models/{model_name}/versions/{model_version}/generate",
    "POST /v2/models/{model_name}/versions/{model_version}/generate_stream",
    "POST /v2/repository/models/{model_name}/unload",
}


@pytest.mark.rotating
def test_what_the_document_says_holds(server, mlflow, feast_home, tmp_path):
    """A separate server wants tokens, so that requests that ignore them show. Its models neither come nor go."""
    token, report = add(tmp_path / "tokens", "ann"), tmp_path / "report.json"
    settings = {"CAPSTAN_TOKENS_FILE": str(tmp_path / "tokens")}
    mlflow.roles("echo", champion=mlflow.register("echo"))
    with another_server(mlflow, feast_home, tmp_path / "home", **settings) as own_server:
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "--no-color"]
        command += ["run", f"{own_server.url}/openapi.json", "--header", f"Authorization: Bearer {token}"]
        command += ["--report-json-path", str(report)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        assert "Traceback" not in own_server.log.read_text()
    mlflow.roles("echo")
    # The run is worth something: operations answered, and not only with refusals.
    result = json.loads(report.read_text())
    accepted = {
        operation: sum(phase["accepted"] for phase in phases.values())
        for operation, phases in result["valid_rates"].items()
    }
    assert result["complete"] and result["test_cases"]["generated"] > 1000
    assert {operation for operation, count in accepted.items() if not count} == NEVER_ACCEPTED
