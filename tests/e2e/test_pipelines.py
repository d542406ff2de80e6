"""A small pipeline on the Kubeflow Pipelines of a real cluster: what a run says, returns and leaves behind.

It takes about five minutes.
"""

import threading
import uuid
from contextlib import ExitStack
from pathlib import Path

import pytest

from capstan.errors import CapstanError
from cluster import logs, metadata, pipelines
from cluster.access import connect, local_addresses
from cluster.run_pods import NAME as NODE
from cluster.runs import Runs
from tests.e2e import kube
from tests.support.tiny_pipeline import NAME, tiny

pytestmark = [pytest.mark.rotating, pytest.mark.beside]

SEED = uuid.uuid4().hex  # no earlier run is in the cache


class Run:
    """One run, followed to its end. While it goes on, `refused` is the message that a second one got."""

    def __init__(self, at, second=False, on_begin=lambda: None, **parameters):
        from capstan.image_names import image

        self.events, self.refused, self.outputs, self.more, self.error = [], "", {}, {}, ""
        self.at, self.second, self.on_begin, self.pipeline = at, second, on_begin, tiny(image())
        try:
            self.outputs, self.more = pipelines.execute(self.pipeline, NAME, parameters, self.on_event, at)
        except CapstanError as error:
            self.error = str(error)

    def on_event(self, step, state, seconds):
        if not self.events:
            self.on_begin()
        self.events.append((step, state, seconds))
        if self.second and not self.refused:
            with pytest.raises(CapstanError) as error:
                pipelines.execute(self.pipeline, NAME, {}, lambda *_: None, self.at)
            self.refused = str(error.value)

    def states(self):
        return [(step, state) for step, state, _ in self.events]


@pytest.fixture(scope="module")
def at(cluster):
    with connect("CAPSTAN_S3_ENDPOINT"), local_addresses(api=pipelines.API, metadata=pipelines.METADATA) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def ran(at):
    done = Run(at, second=True, seed=SEED)
    assert not done.error
    return done


def test_each_step_and_note_is_told_as_it_happens(ran):
    assert ran.states() == [
        ("measure", "started"), ("measure", "done"), (f"measured with {SEED}", "note"),
        ("deploy", "started"), ("deploy", "done"), ("deployed what was accepted", "note"),
    ]  # fmt: skip
    assert all(seconds > 1 for _, state, seconds in ran.events if state == "done")


def test_outputs_are_values_and_readable_artifacts(ran):
    assert (ran.outputs["verdict"], ran.outputs["rows"]) == ("accepted", 1234)
    assert ran.outputs["scores"].metadata == {"roc_auc": 0.75}
    assert Path(ran.outputs["report"].path).read_text() == "<h1>Measured</h1>"
    assert ran.outputs["tables"].path.startswith("s3://")
    assert "measured with" in Path(ran.more["log"]).read_text()


def test_second_run_at_the_same_time_is_refused(ran):
    assert "being run already" in ran.refused and ran.more["run"] in ran.refused


def test_log_outlives_the_pods_in_the_object_store(ran, at):
    with metadata.Metadata(at["metadata"]) as client:
        [step] = [item for item in client.executions(ran.more["run"]) if item.task == "measure"]
    assert f"measured with {SEED}" in logs.archived(step)


def test_step_from_the_cache_and_step_that_fails(ran, at):
    again = Run(at, seed=SEED, fail=True)
    assert ("measure", "cached") in again.states() and ("deploy", "failed") in again.states()
    assert again.error.startswith("Step deploy failed: The table is empty. Give another.\nThe log is ")
    assert again.states().count(("deploy", "started")) == 1, "what fails by itself is not tried again"


def delete_pod_of_measure():
    """Delete the pod of the step as soon as it runs."""

    def running():
        pods = kube.pods("pipeline/runid,workflows.argoproj.io/completed!=true", "kubeflow")
        named = [pod for pod in pods if pod["metadata"]["annotations"].get(NODE, "").endswith(".measure.executor")]
        return [pod["metadata"]["name"] for pod in named if pod["status"]["phase"] == "Running"]

    [name] = kube.wait_until(running, 60, "the pod of measure")
    kube.kubectl("delete", "pod", name, "--namespace=kubeflow", "--grace-period=1", "--wait=false")


def test_step_whose_pod_is_deleted_is_tried_again_with_a_message(at):
    deletion = threading.Thread(target=delete_pod_of_measure)
    done = Run(at, on_begin=deletion.start, seed=uuid.uuid4().hex, seconds=10)
    deletion.join()
    assert not done.error and done.outputs["rows"] == 1234
    notes = [text for text, state in done.states() if state == "note"]
    assert "The pod of measure was lost: it was deleted." in notes
    assert "The run is started again: what was done comes from the cache." in notes
    assert done.states().count(("measure", "started")) == 2 and ("measure", "done") in done.states()


def test_run_goes_on_when_it_can_no_longer_be_followed(at):
    """As when a laptop loses its way to ML Metadata. The command says so, and how to see the run."""
    with ExitStack() as way, Runs(at["api"]) as runs:
        own = way.enter_context(local_addresses(metadata=pipelines.METADATA))
        lost = Run(at | own, on_begin=way.close, seed=uuid.uuid4().hex)
        first, second = lost.error.split(". ", 1)
        assert first.startswith("ML Metadata at ") and second.startswith("The run goes on without this command")
        run_id = second.rpartition("kfp run get ")[2].split("`")[0]
        kube.wait_until(lambda: runs.get(run_id)["state"] == "SUCCEEDED", 120, "the end of the run")
