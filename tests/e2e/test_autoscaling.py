"""Autoscaling there and back. It takes about eight minutes, most of which Kubernetes waits."""

import time

import pytest

from tests.e2e import kube
from tests.e2e.endpoint import SERVICE, replicas, scale
from tests.e2e.load import load

pytestmark = pytest.mark.long
DOWN_SECONDS = 600  # Kubernetes looks back five minutes before it removes a replica


def wanted() -> int:
    """Return how many replicas the autoscaler wants."""
    return kube.get("hpa", f"{SERVICE}-predictor")["status"].get("desiredReplicas", 0)


def test_load_brings_a_second_replica_and_its_end_takes_it_away_without_a_failed_request(endpoint, client):
    scale(1, 2)
    replicas(1)
    with load(client, clients=8, pause=0) as seen:
        kube.wait_until(lambda: wanted() == 2, 180, "a second replica wanted")
        replicas(2)
        time.sleep(10)
    assert not seen.failures, seen.failures
    with load(client, clients=2, pause=0.5) as seen:  # some must be there when a pod goes
        kube.wait_until(lambda: wanted() == 1, DOWN_SECONDS, "one replica wanted")
        replicas(1)
        time.sleep(5)
    assert not seen.failures, seen.failures
    scale(1)
