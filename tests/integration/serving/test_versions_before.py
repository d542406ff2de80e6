"""A version that was registered before versions carried all their code is served as it was."""

import json
import zipfile

import pytest

from tests.unit.capstan.versions.test_version_code import BEFORE


@pytest.fixture
def before(server, mlflow, tmp_path) -> dict:
    """The version as the champion of `credit_risk`, and what it is expected to answer."""
    import mlflow as library

    zipfile.ZipFile(BEFORE / "credit_risk_flat.zip").extractall(tmp_path / "version")
    library.set_tracking_uri(mlflow.url)
    library.set_experiment("serving")
    with library.start_run():
        info = library.pyfunc.log_model(
            name="model",
            loader_module="capstan.version",
            data_path=str(tmp_path / "version"),
            pip_requirements=[],
            registered_model_name="credit_risk",
        )
    mlflow.roles("credit_risk", champion=str(info.registered_model_version))
    assert server.load("credit_risk").status_code == 200
    yield json.loads((tmp_path / "version" / "expected.json").read_text())
    server.client.post("/v2/repository/models/credit_risk/unload")


def test_it_answers_as_it_did(before, server):
    rows = server.predict(*before["requests"], name="credit_risk").raise_for_status().json()["predictions"]
    for row, expected in zip(rows, before["answers"], strict=True):
        assert {field: row[field] for field in expected} == pytest.approx(expected, rel=1e-12)
