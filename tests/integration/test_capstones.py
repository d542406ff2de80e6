"""Every capstone on a small part of its real data: the pipeline, an answer, and a refusal that names the field."""

import json
from collections.abc import Iterator

import httpx
import pytest

from capstan import catalogue
from tests.integration.place import Place
from tests.support.small import small

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """A place whose data folder has the small parts."""
    data = tmp_path_factory.mktemp("data")
    for name in catalogue.names():
        small(name).write(data)
    place = Place(tmp_path_factory.mktemp("capstones") / "home")
    place.environment["CAPSTAN_DATA_DIR"] = str(data)
    yield place
    place.clear()


@pytest.mark.parametrize("name", catalogue.names())
def test_capstone_runs_and_answers_and_refuses_bad_input(name, place):
    part = small(name)
    done = place("run", name, "--json", *(f"--set={key}={value}" for key, value in part.SETTINGS.items()))
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["verdict"] == "accepted", run["scores"]
    url = f"http://127.0.0.1:{place.environment['CAPSTAN_ENDPOINT_PORT']}/v1/models/{name}:predict"
    [answer] = httpx.post(url, json={"instances": [part.ASKED]}).raise_for_status().json()["predictions"]
    fields = {field: answer[field] for field in catalogue.load_task(name).Prediction.model_fields}
    catalogue.load_task(name).Prediction.model_validate_json(json.dumps(fields))
    assert answer["model_version"] == run["version"]
    request, field = part.REFUSED
    reply = httpx.post(url, json={"instances": [request]})
    assert reply.status_code == 400 and field in reply.json()["error"]
