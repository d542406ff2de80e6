"""The prediction log: what was answered is in the object store, once, also when a pod dies in the middle."""

import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.e2e import kube
from tests.e2e.conftest import HERE
from tests.e2e.endpoint import CAPSTONE, PODS, replicas, scale
from tests.e2e.load import load

pytestmark = pytest.mark.rotating

PREFIX = f"predictions/model={CAPSTONE}/"


def test_answered_predictions_are_in_the_object_store_once_also_those_of_a_pod_that_was_killed(
    second, client, services
):
    """In shadow, so that each request has two records."""
    began = datetime.now(UTC)
    scale(1, 1)
    [pod] = replicas(1)
    kube.answer("shadow", CAPSTONE, "--version", second["version"], "--force")
    with load(client, pause=0.05) as seen:
        time.sleep(8)
        kube.kubectl("delete", "pod", pod, "--namespace=capstan", "--grace-period=0", "--force")
        kube.wait_until(lambda: pod not in [each["metadata"]["name"] for each in kube.pods(PODS)])
        replicas(1)
        time.sleep(5)
    kube.answer("rollback", CAPSTONE)
    scale(1)
    assert len(seen.ids) > 100 and len(set(seen.ids)) == len(seen.ids)

    def logged() -> Counter:
        tables = services.tables("capstan", PREFIX, since=began)
        tables = [table[table["time"] >= began] for table in tables]  # a file may begin before
        return Counter(row for table in tables for row in zip(table["prediction_id"], table["variant"], strict=True))

    def complete() -> Counter:
        counts = logged()
        return counts if all((name, "champion") in counts for name in seen.ids) else Counter()

    counts = kube.wait_until(complete, 150, "every answered prediction in the object store")
    assert set(counts.values()) == {1}
    shadows = sum(variant == "shadow" for _, variant in counts)
    assert shadows > 0.8 * len(seen.ids)  # those that the pod had in hand when it was killed are lost
    mine = client.run(HERE / "in_pod" / "read_log.py", CAPSTONE, began.isoformat())
    assert Counter(map(tuple, mine)) == counts  # the public reader says the same
