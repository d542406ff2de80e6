"""What users see when something fails: in a run, on a cluster that lacks something, in another context."""

import json

import pytest
import yaml

from tests.e2e import kube
from tests.e2e.background_run import Run
from tests.e2e.endpoint import CAPSTONE

pytestmark = [pytest.mark.rotating, pytest.mark.alone]

WRONG = "not-a-time"
UNDER_WAY = "workflows.argoproj.io/completed!=true"


@pytest.fixture(scope="module")
def failed(ran, services):
    """A run of which a step raises a CapstanError: what the command said."""
    done = services.run_flagship("--set", f"as_of={WRONG}")
    assert done.returncode == 1, done.stdout
    return done


def test_error_of_a_step_reaches_the_person_who_started_the_run(failed):
    [first, second] = failed.stderr.strip().splitlines()
    assert first.startswith(f"Error: Step materialize failed: {WRONG!r} is not an instant")
    assert first.endswith("Write it as 2013-10-15T12:00:00Z.")
    assert second.startswith("The log is ") and "kfp run get" in second
    assert "failed materialize" in failed.stdout and "deploy" not in failed.stdout


def test_failure_is_in_kubeflow_pipelines_too(failed, services):
    run = services.run(failed.stderr.rpartition("kfp run get ")[2].split("`")[0])
    assert run["state"] == "FAILED"
    states = {task.get("display_name"): task.get("state") for task in run["run_details"]["task_details"]}
    assert states["materialize"] == "FAILED" and states.get("deploy", "SKIPPED") != "SUCCEEDED"


def test_endpoint_goes_on_after_a_failed_run(failed, endpoint):
    from tests.e2e.endpoint import FLIGHT, PROBABILITY

    [answer] = endpoint.predict(FLIGHT)
    assert round(answer["probability"], 3) == PROBABILITY


def test_steps_without_settings_say_so(ran, services):
    """As in a namespace to which `capstan cluster up` was not applied."""
    where = ["configmap", "capstan", "--namespace=kubeflow"]
    kept = kube.get("configmap", "capstan", namespace="kubeflow")
    kept["metadata"] = {key: kept["metadata"][key] for key in ("name", "namespace", "labels")}
    kube.kubectl("delete", *where)
    try:
        done = services.run_flagship("--seed", "2")
    finally:
        kube.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", input=json.dumps(kept))
    assert done.returncode == 1, done.stdout
    first = done.stderr.strip().splitlines()[0]
    assert first.startswith("Error: Step ") and "ConfigMap `capstan`" in first and "`capstan cluster up`" in first


@pytest.fixture
def another_context(tmp_path):
    """A kubeconfig whose cluster is that of the tests, under a name that is nobody's of ours."""
    config = yaml.safe_load(kube.kubectl("config", "view", "--raw", "--minify"))
    config["contexts"][0]["name"] = config["current-context"] = "production"
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


def test_context_of_a_cluster_without_capstan_is_refused(another_context):
    """`up` and `down` change nothing where a person did not mean it."""
    config = yaml.safe_load(another_context.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    another_context.write_text(yaml.safe_dump(config))
    for command in (["cluster", "up"], ["cluster", "down", "--yes"], ["cluster", "status"]):
        done = kube.capstan(*command, KUBECONFIG=str(another_context))
        assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1
        assert "does not answer" in done.stderr or "neither a kind cluster nor has Capstan" in done.stderr, done.stderr


def test_no_context_is_one_line(tmp_path):
    (tmp_path / "empty").write_text("")
    for command in (["cluster", "status"], ["predict", CAPSTONE, "--entity", "carrier=UA"], ["run", CAPSTONE]):
        done = kube.capstan(*command, KUBECONFIG=str(tmp_path / "empty"))
        assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "make cluster" in done.stderr or "use-context" in done.stderr, done.stderr


def test_status_tells_which_service_is_broken_and_why(cluster):
    fine = kube.answer("cluster", "status")
    assert fine["troubles"] == [] and all(service["ready"] >= service["wanted"] for service in fine["services"])
    where = ["deployment/prometheus", "--namespace=capstan"]
    kube.kubectl("set", "image", *where, "prometheus=localhost:5001/not-there:1")
    try:
        troubles = kube.wait_until(lambda: kube.answer("cluster", "status")["troubles"], 60, "trouble")
        table = kube.capstan("cluster", "status")
    finally:
        kube.kubectl("rollout", "undo", *where)
    assert "localhost:5001/not-there:1" in troubles[0] and "--image-command" in troubles[0]
    assert table.returncode == 0 and "not ready" in table.stdout
    kube.kubectl("rollout", "status", *where, "--timeout=120s", timeout=130)


def test_run_is_stopped_from_elsewhere(ran, services):
    with Run("--seed", "4") as run:
        run.wait_for("validate")
        [stopped] = kube.answer("stop", CAPSTONE)
        succeeded, why = run.result()
    run_id = stopped.removeprefix("the run ")
    assert not succeeded and f"The run {run_id} was stopped" in why, run.lines
    assert services.run(run_id)["state"] in ("CANCELED", "FAILED")  # the second when reports cross
    assert not kube.get("pods", selector=f"pipeline/runid={run_id},!workflows.argoproj.io/completed")["items"]
    assert kube.answer("stop", CAPSTONE) == []


def test_run_whose_workflow_was_deleted_is_stopped_with_its_record(ran, services):
    """Kubeflow Pipelines calls it RUNNING for ever, answers `:terminate` with an error, and no other run may start."""
    with Run("--seed", "5") as run:
        run.wait_for("validate")
        [workflow] = kube.get("workflows", selector=UNDER_WAY, namespace="kubeflow")["items"]
        run_id = workflow["metadata"]["labels"]["pipeline/runid"]
        kube.kubectl("delete", "workflow", workflow["metadata"]["name"], "--namespace=kubeflow")
        stopped = kube.answer("stop", CAPSTONE)
        succeeded, why = run.result()
    assert stopped == [f"the run {run_id}, with its record, because its Workflow was deleted"]
    assert not succeeded and f"The run {run_id} was deleted in Kubeflow Pipelines" in why, run.lines
    services.wait_for_flagship(5)
