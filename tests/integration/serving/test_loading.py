"""A server listens at once. Until a champion is loaded, its requests get 503 and say when to come again."""

import time

import httpx
import pytest

from tests.support.processes import wait_for
from tests.support.serving import starting_server


@pytest.mark.slow
def test_requests_during_the_start_are_503_and_never_404(server, mlflow, feast_home, tmp_path):
    with starting_server(mlflow, feast_home, tmp_path / "home") as own:
        wait_for(f"{own.url}/v2/health/live", own.child, own.log)
        seen, metadata = [], []
        end = time.monotonic() + 60
        while time.monotonic() < end:
            reply = httpx.post(f"{own.url}/v1/models/tiny:predict", json={"instances": [{}]}, timeout=30)
            seen.append(reply.status_code)
            if reply.status_code != 503:
                break
            assert reply.headers.get("retry-after") == "2" and "'tiny' is loading" in reply.json()["error"], reply.text
            metadata.append(httpx.get(f"{own.url}/v2").json())
            if len(seen) == 1:
                assert httpx.get(f"{own.url}/v2/models/tiny/ready").status_code == 503
        assert seen[0] == 503 and seen[-1] == 400 and set(seen) == {503, 400}  # an empty row, once it is read
        assert "tiny" in metadata[0]["loading"] and "unborn" not in metadata[-1]["loading"]
        wait_for(f"{own.url}/v2/models/plain/ready", own.child, own.log)
        assert httpx.get(f"{own.url}/v2").json()["loading"] == []
        assert httpx.get(f"{own.url}/v2/models/unborn").status_code == 404


def test_a_capstone_that_failed_is_a_503_as_well(server, mlflow):
    version = mlflow.register("unborn")
    mlflow.roles("unborn", champion=version)
    try:
        assert server.load("unborn").status_code == 503
        reply = server.predict({"x": 1}, name="unborn")
        assert reply.status_code == 503 and "needs the columns ['beyond']" in reply.json()["error"]
        assert "retry-after" not in reply.headers  # as only what is about to answer has
    finally:
        mlflow.roles("unborn")
        assert server.load("unborn").status_code == 503
    assert server.predict({"x": 1}, name="unborn").status_code == 404
