"""What a cluster says of an endpoint that does not answer."""

import pytest

from capstan.errors import Unavailable
from capstan.settings import settings
from cluster.profile import ClusterProfile
from tests.support.cluster_api import pod

LOST = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}


@pytest.fixture
def profile(cluster, home, monkeypatch):
    monkeypatch.setenv("CAPSTAN_S3_ENDPOINT", "http://127.0.0.1:1")
    settings.cache_clear()  # `home` clears it again
    with cluster() as there:
        yield ClusterProfile(), there


def server(**last):
    """Return a pod whose server has started again. last: how it ended before."""
    running = pod("flight-delay-predictor", "Running", {"running": {}})
    running["status"]["containerStatuses"][0]["lastState"] = last
    return running


def test_endpoint_that_was_killed_for_its_memory_says_so(profile):
    own, there = profile
    there.servers = [server(**LOST)]
    with pytest.raises(Unavailable) as failure, own.replicas("flight_delay"):
        pytest.fail("its pod is not ready")
    assert "killed the server in wf-flight-delay-predictor: it took more memory than its limit" in str(failure.value)


def test_endpoint_without_a_pod_says_only_that(profile):
    own, there = profile
    there.servers = [server(terminated={"reason": "Error", "exitCode": 1})]
    with pytest.raises(Unavailable) as failure, own.replicas("flight_delay"):
        pytest.fail("its pod is not ready")
    assert str(failure.value).startswith("No pod serves flight_delay.")
    assert "memory" not in str(failure.value)
