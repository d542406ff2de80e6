"""The compiled pipeline runs on Kubeflow Pipelines, submitted by a command that knows nothing of Capstan."""

import yaml

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE
from tests.e2e.submission import CHECKOUT, command

STEPS = {
    "ingest", "validate", "build-features", "split", "compare-data", "train", "evaluate", "gate", "register",
    "materialize", "deploy", "baseline-report",
}  # fmt: skip


def test_run_succeeds(submitted):
    assert submitted.state == "SUCCEEDED", submitted.said


def test_each_step_was_a_task_of_the_run(submitted, services):
    run = services.run(submitted.run_id)
    tasks = {task.get("display_name"): task.get("state") for task in run["run_details"]["task_details"]}
    assert {name: tasks.get(name) for name in STEPS} == dict.fromkeys(STEPS, "SUCCEEDED")


def test_steps_ran_in_the_image_of_their_capstone(submitted):
    """No other image, neither in the file nor in the pods that are left."""
    spec, _kubernetes = yaml.safe_load_all(submitted.package.read_text())
    executors = spec["deploymentSpec"]["executors"].values()
    assert {executor["container"]["image"] for executor in executors} == {kube.image(CAPSTONE)}
    pods = kube.pods(f"pipeline/runid={submitted.run_id}", "kubeflow")
    steps = [pod for pod in pods if "-system-container-impl-" in pod["metadata"]["name"]]
    images = {item["image"] for pod in steps for item in pod["spec"]["containers"] if item["name"] == "main"}
    assert images <= {kube.image(CAPSTONE)}


def test_capstan_compile_writes_the_same_file(submitted, tmp_path):
    """Elsewhere too, but for the name of the image."""
    done = kube.capstan("compile", "flight_delay", "--output", str(tmp_path / "cluster.yaml"), CAPSTAN_PROFILE="local")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cluster.yaml").read_text() == submitted.package.read_text()
    output = command(kube.CAPSTAN, "compile", "flight_delay", "--output", "laptop.yaml", home=tmp_path, **CHECKOUT)
    assert "laptop.yaml" in output
    laptop = (tmp_path / "laptop.yaml").read_text()
    [image] = {line.split()[-1] for line in laptop.splitlines() if line.strip().startswith("image:")}
    assert laptop.replace(image, kube.image(CAPSTONE)) == submitted.package.read_text()
