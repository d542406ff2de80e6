"""What the status of a step's pod says."""

from datetime import UTC, datetime, timedelta

import pytest

from cluster import pod_state
from tests.support.cluster_api import pod

INITIALIZED = datetime(2026, 11, 21, 10, 19, tzinfo=UTC)
BEGINS = {"waiting": {"reason": "PodInitializing"}}


@pytest.mark.parametrize(
    ("states", "seconds", "initialized", "expected"),
    [
        ([BEGINS, BEGINS], 200, "True", True),  # as after a restart of the node
        ([{"waiting": {}}, {"terminated": {"exitCode": 2}}], 200, "True", True),  # seen after one, too
        ([BEGINS, BEGINS], 100, "True", False),  # an image is pulled
        ([BEGINS, BEGINS], 200, "False", False),  # its init container still works
        ([BEGINS, {"running": {}}], 200, "True", False),
        ([{"waiting": {"reason": "ErrImagePull"}}], 200, "True", False),
        ([], 200, "True", False),
    ],
)
def test_pod_that_hangs_differs_from_one_that_starts(states, seconds, initialized, expected):
    condition = {"type": "Initialized", "status": initialized, "lastTransitionTime": "2026-11-21T10:19:00Z"}
    ended = [{"state": {"terminated": {"exitCode": 0}}}]
    pending = pod("train", "Pending", *states, conditions=[condition], initContainerStatuses=ended)
    assert pod_state.hangs(pending, INITIALIZED + timedelta(seconds=seconds)) == expected


UNSEEN = {"terminated": {"reason": "Unknown", "exitCode": 255}}
ERROR = {"terminated": {"reason": "Error", "exitCode": 1}}
DRAINED = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
PRESSED = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (pod("train", "Failed", UNSEEN, ERROR), "its node restarted under it"),  # seen
        (pod("train", "Failed", ERROR, conditions=[DRAINED]), "it was evicted, as when its node is drained"),
        (pod("train", "Running", {"running": {}}, conditions=[DRAINED]), "it was evicted, as when its node is drained"),
        (
            pod("train", "Failed", ERROR, conditions=[PRESSED], reason="Evicted", message="Low on memory. "),
            "its node ended it (Low on memory)",
        ),
        (pod("train", "Failed", reason="NodeAffinity", message=""), "NodeAffinity"),
        (pod("train", "Running", {"running": {}}, deletionTimestamp="2026-11-21T10:19:00Z"), "it was deleted"),
        (pod("train", "Failed", ERROR), ""),
        (pod("train", "Failed", {"terminated": {"reason": "OOMKilled", "exitCode": 137}}), ""),
        (pod("train", "Failed", reason="DeadlineExceeded", message="Its run was stopped."), ""),
        (pod("train", "Succeeded", deletionTimestamp="2026-11-21T10:19:00Z"), ""),
        (pod("train", "Running", {"running": {}}), ""),
        (pod("train", "Pending"), ""),
    ],
)
def test_lost_pod_differs_from_one_that_failed_or_works(made, expected):
    assert pod_state.loss(made) == expected


def test_pod_without_an_image_or_a_node_says_what_it_waits_for():
    pulls = pod("train", "Pending", {"waiting": {"reason": "ErrImagePull", "message": "not there"}})
    assert pod_state.waiting(pulls).startswith("wf-train waits: ErrImagePull: not there `capstan cluster up")
    full = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "Insufficient cpu."}
    assert pod_state.waiting(pod("train", "Pending", conditions=[full])).endswith("Unschedulable: Insufficient cpu.")
    queued = full | {"reason": "SchedulingGated", "message": "Scheduling is blocked due to non-empty scheduling gates"}
    assert "wf-train waits: SchedulingGated: " in pod_state.waiting(pod("train", "Pending", conditions=[queued]))
    assert pod_state.waiting(pod("train", "Pending", BEGINS)) == ""
