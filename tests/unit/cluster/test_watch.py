"""Runs whose steps lose their pods, fail, hang or are stopped."""

import threading
from concurrent import futures

import grpc
import pytest

from capstan.errors import CapstanError
from cluster import pipelines, watch
from cluster.metadata_messages import messages
from cluster.watch import LostPod
from tests.support.cluster_api import Fate, pod
from tests.support.tiny_pipeline import NAME, tiny

AGAIN = "The run is started again: what was done comes from the cache."
LOST = "The pod of measure was lost: it was deleted."
ENDED = {"terminated": {"exitCode": 1, "reason": "Error"}}
RUNNING = {"running": {}}
WELL = Fate("SUCCEEDED")


def node(phase="Error", **more):
    return {"measure": {"type": "Pod", "name": "wf.root.measure.executor", "phase": phase, **more}}


DELETED = node(hostNodeName="up", message="pod deleted")


class NoMetadata(grpc.GenericRpcHandler):
    """ML Metadata of a run that has left nothing there."""

    def service(self, _details):
        empty = messages().GetContextByTypeAndNameResponse()
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: empty.SerializeToString())


@pytest.fixture(scope="module")
def metadata():
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((NoMetadata(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


@pytest.fixture
def run(home, cluster, metadata, monkeypatch):
    """Run the pipeline on a cluster with some fates; return the cluster, the notes, and the error."""
    for name, seconds in {"POLL": 0.05, "CHECK": 0.1, "DEAD": 0.5, "STOP": 1, "SETTLE": 0.1}.items():
        monkeypatch.setattr(watch, f"{name}_SECONDS", seconds)

    def run(*fates):
        notes, error = [], None
        with cluster(*fates) as there:
            try:
                addresses = {"api": there.url, "metadata": metadata}
                pipelines.execute(
                    tiny("capstan"), NAME, {}, lambda text, state, _: notes.append((state, text)), addresses
                )
            except CapstanError as raised:
                error = raised
        return there, [text for state, text in notes if state == "note"], error

    return run


@pytest.mark.parametrize(
    ("fate", "why"),
    [
        (Fate("FAILED", nodes=DELETED), "it was deleted"),
        (Fate("FAILED", nodes=node("Failed", hostNodeName="up", message="main: Error")), "it was deleted"),
        (Fate("FAILED", [pod("measure", "Failed", ENDED, deletionTimestamp="now")]), "it was deleted"),
        (
            Fate("FAILED", [pod("measure", "Failed", {"terminated": {"reason": "Unknown", "exitCode": 255}})]),
            "its node restarted under it",
        ),
        (
            Fate("FAILED", [pod("measure", "Failed", reason="Evicted", message="The node was low on memory.")]),
            "Evicted (The node was low on memory)",
        ),
    ],
    ids=["gone", "gone after it was seen to fail", "going", "node restarted", "evicted"],
)
def test_run_whose_step_lost_its_pod_is_started_again_with_a_message(run, fate, why):
    there, notes, error = run(fate, WELL)
    assert error is None and len(there.runs) == 2 and there.stopped == []
    assert notes == [f"The pod of measure was lost: {why}.", AGAIN]


@pytest.mark.parametrize(
    "fate",
    [
        Fate("FAILED", [pod("measure", "Failed", ENDED)], node("Failed", hostNodeName="up")),
        Fate("FAILED", [pod("measure", "Failed", {"terminated": {"reason": "OOMKilled", "exitCode": 137}})]),
        Fate("FAILED", nodes=node(message="pods is forbidden: exceeded quota")),
        Fate("FAILED", [pod("deploy", "Failed", ENDED)], DELETED),
    ],
    ids=["error", "memory", "quota", "error next to a lost pod"],
)
def test_step_that_fails_by_itself_is_not_tried_again(run, fate):
    there, notes, error = run(fate)
    assert type(error) is CapstanError and len(there.runs) == 1 and AGAIN not in notes
    assert "failed: " in str(error) and "kfp run get run-1" in str(error)


def test_run_that_kubeflow_pipelines_could_not_carry_on_is_started_again(run):
    """A driver runs none of our code: it fails while the services that it asks restart."""
    there, notes, error = run(Fate("FAILED", [pod("measure-driver", "Failed", ENDED)]), WELL)
    assert error is None and len(there.runs) == 2
    assert notes == ["Kubeflow Pipelines could not prepare measure: its driver ended without a word.", AGAIN]


def test_driver_that_fails_beside_a_step_does_not_hide_why_that_failed(run):
    there, notes, error = run(Fate("FAILED", [pod("deploy-driver", "Failed", ENDED), pod("measure", "Failed", ENDED)]))
    assert type(error) is CapstanError and len(there.runs) == 1 and AGAIN not in notes
    assert str(error).startswith("The pod wf-measure failed")


def test_memory_and_quota_are_named(run):
    _, _, error = run(Fate("FAILED", [pod("measure", "Failed", {"terminated": {"reason": "OOMKilled"}})]))
    assert str(error).startswith("The pod wf-measure failed: it was killed, as a step is that takes more memory")
    _, _, error = run(Fate("FAILED", nodes=node(message="pods is forbidden: exceeded quota")))
    assert str(error).startswith("The run run-1 failed: pods is forbidden: exceeded quota\n")


def test_pod_that_is_lost_again_and_again_ends_the_run_with_what_to_do(run):
    there, notes, error = run(*(Fate("FAILED", nodes=DELETED) for _ in range(3)))
    assert len(there.runs) == 3 and notes == [LOST, AGAIN, LOST, AGAIN, LOST]
    assert isinstance(error, LostPod) and error.exit_code == 75
    assert str(error).startswith(f"{LOST}\nThe log is ") and "kubectl get nodes" in str(error)


@pytest.mark.parametrize("state", ["FAILED", "RUNNING"])
def test_run_that_hangs_with_a_lost_pod_is_stopped_and_started_again(run, state):
    """As after a restart of the node: the step FAILED under a parent that is RUNNING for ever."""
    task = {"task_id": "1", "display_name": "measure", "state": state, "start_time": "1", "end_time": "2"}
    pods = [pod("measure", "Failed", {"terminated": {"reason": "Unknown"}}), pod("deploy", "Succeeded", ENDED)]
    there, notes, error = run(Fate("RUNNING", pods, tasks=[task]), WELL)
    assert error is None and there.stopped == ["run-1"] and len(there.runs) == 2
    assert notes[0] == "The pod of measure was lost: its node restarted under it." and notes[-1] == AGAIN
    assert notes[1].startswith("Nothing in the run can go on")


def test_run_that_hangs_with_a_failed_step_is_stopped_and_says_why_it_failed(run):
    there, _, error = run(Fate("RUNNING", nodes=node(message="pods is forbidden")))
    assert there.stopped == ["run-1"] and len(there.runs) == 1
    assert type(error) is CapstanError and "failed: pods is forbidden" in str(error)


def test_run_goes_on_while_another_step_works(run, monkeypatch):
    monkeypatch.setattr(watch, "DEAD_SECONDS", 0)
    pods = [pod("measure", "Failed", ENDED), pod("deploy", "Running", RUNNING)]
    ended = Fate("RUNNING", pods)
    threading.Timer(1, lambda: setattr(ended, "state", "SUCCEEDED")).start()
    there, notes, error = run(ended)
    assert (error, there.stopped, notes) == (None, [], [])


@pytest.mark.parametrize("fate", [Fate("CANCELED"), Fate("FAILED", spec={"activeDeadlineSeconds": 0})])
def test_run_that_somebody_stops_is_not_started_again(run, fate):
    """Kubeflow Pipelines calls it FAILED when a report of the Workflow overtakes the request to stop."""
    fate.nodes = DELETED
    there, notes, error = run(fate)
    assert len(there.runs) == 1 and notes == [] and str(error).startswith("The run run-1 was stopped.")


def test_pod_that_never_starts_is_replaced_and_a_node_that_is_away_is_named(run):
    initialized = {"type": "Initialized", "status": "True", "lastTransitionTime": "2026-11-21T10:19:00Z"}
    begins = {"waiting": {"reason": "PodInitializing"}}
    stuck = pod("measure", "Pending", begins, conditions=[initialized], initContainerStatuses=[{"state": {}}])
    away = pod("deploy", "Running", RUNNING, node="down")
    task = {"task_id": "1", "display_name": "measure", "state": "PENDING", "start_time": "1"}
    ended = Fate("RUNNING", [stuck, away], tasks=[task])

    threading.Timer(1, lambda: setattr(ended, "state", "SUCCEEDED")).start()
    there, notes, error = run(ended)
    assert error is None and set(there.deleted) == {"wf-measure"}
    assert notes == [
        "The pod of measure did not start, as when its node restarts under it. It gets another.",
        "The node of deploy, down, does not answer. After some minutes Kubernetes gives it up.",
    ]


def test_run_whose_workflow_was_deleted_ends_with_its_record(run):
    """Kubeflow Pipelines would call it RUNNING for ever, and cannot stop it."""
    there, notes, error = run(Fate("RUNNING", workflow=False))
    assert (there.stopped, there.deleted, len(there.runs)) == ([], ["run-1"], 1)
    assert notes[0].startswith("Nothing in the run can go on")
    assert type(error) is CapstanError and str(error).startswith("The Workflow of the run run-1 was deleted")
    assert "goes on" not in str(error)
