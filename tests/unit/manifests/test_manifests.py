"""Every manifest, and everything that Capstan makes on a cluster, fits the schemas of a real cluster.

The schemas are kept next to this file. A test on a cluster, tests/e2e/test_schemas.py, says when they are out of date.
"""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from capstan.contract.resources import Size
from capstan.errors import CapstanError
from cluster import inference_service, ray_job
from tests.support import manifests
from tests.support.kubernetes_schemas import FILE
from tests.support.manifests import MANIFESTS, OVERLAYS
from tests.unit.manifests.validation import BASE, problems

FOLDERS = sorted(path.parent for path in MANIFESTS.rglob("kustomization.yaml"))
COMPONENTS = [folder for folder in FOLDERS if manifests.kustomization(folder)["kind"] == "Component"]
# Patches of objects that somebody else's manifests bring.
ELSEWHERE = MANIFESTS / "platform"


def name_of(value):
    if isinstance(value, Path):
        return str(value.relative_to(MANIFESTS))
    return f"{value['kind']}-{value['metadata']['name']}"


def patches(folder):
    """Yield each patch of a kustomization: its target, if it names one, and its content."""
    for patch in manifests.kustomization(folder).get("patches", []):
        text = (folder / patch["path"]).read_text() if "path" in patch else patch["patch"]
        for content in yaml.safe_load_all(text):
            yield patch.get("target"), content


def targets(folder, wanted):
    """Return the objects of a folder's resources that a target selects, or that a patch is for."""
    kind, about = wanted.get("kind", ".*"), wanted.get("metadata", wanted)
    name, namespace = about.get("name", ".*"), about.get("namespace", ".*")
    return [
        body
        for body in (BASE if folder in COMPONENTS else manifests.resources(folder))
        if re.fullmatch(kind, body["kind"])
        and re.fullmatch(name, body["metadata"]["name"])
        and re.fullmatch(namespace, body["metadata"].get("namespace", ""))
    ]


def value_at(body, pointer):
    """Return what a JSON pointer leads to; `-` is the end of a list."""
    for part in pointer.strip("/").split("/") if pointer else ():
        key = part.replace("~1", "/").replace("~0", "~")
        body = body if key == "-" else body[int(key) if isinstance(body, list) else key]
    return body


@pytest.mark.parametrize("body", BASE, ids=name_of)
def test_object_fits_its_schema(body):
    assert problems(body) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_everything_in_a_folder_is_used(folder):
    own = manifests.kustomization(folder)
    named = {*own.get("resources", []), *(patch.get("path") for patch in own.get("patches", []))}
    named |= {name for generator in own.get("configMapGenerator", []) for name in generator.get("files", [])}
    assert {path.name for path in folder.glob("*.y*ml")} - named == {"kustomization.yaml"}


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder != ELSEWHERE], ids=name_of)
def test_patch_finds_what_it_changes_and_knows_its_fields(folder):
    for target, content in patches(folder):
        matches = targets(folder, target or content)
        assert matches, f"nothing is a {target or content}"
        if isinstance(content, dict):
            assert problems(content, patch=True) == []
            continue
        for operation in content:
            pointer = operation["path"]
            if operation["op"] == "add":
                pointer = pointer.rpartition("/")[0]
            for body in matches:
                value_at(body, pointer)


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl; tests/e2e/test_schemas.py applies every overlay")
@pytest.mark.parametrize("overlay", OVERLAYS, ids=name_of)
def test_overlay_can_be_built_and_fits_the_schemas(overlay):
    assert [problem for body in manifests.built(overlay) for problem in problems(body)] == []


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
def test_prometheus_with_the_component_knows_an_alertmanager(with_components, tmp_path):
    [settings] = [
        body
        for body in with_components("kind", "alertmanager")
        if body["kind"] == "ConfigMap" and body["metadata"]["name"].startswith("prometheus")
    ]
    for name, text in settings["data"].items():
        (tmp_path / name).write_text(text.replace("/etc/prometheus", str(tmp_path)))
    done = subprocess.run(["promtool", "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert yaml.safe_load((tmp_path / "alertmanagers.yaml").read_text())[0]["targets"]


def pod_of(body):
    """Return the specification of the pods that an object makes, or None."""
    if body["kind"] == "PodTemplate":
        return body["template"]["spec"]
    if body["kind"] == "CronJob":
        return body["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return body["spec"]["template"]["spec"] if body["kind"] in ("Deployment", "StatefulSet") else None


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
@pytest.mark.parametrize("overlay", ["kind", "prod"])
def test_every_pod_has_an_account_with_the_secret_of_the_registry(with_components, overlay):
    bodies = with_components(overlay, "pull-secret")
    accounts = {body["metadata"]["name"]: body for body in bodies if body["kind"] == "ServiceAccount"}
    assert all(account["imagePullSecrets"] == [{"name": "registry"}] for account in accounts.values())
    pods = [pod for body in bodies if (pod := pod_of(body))]
    assert len(pods) >= 7 and all(pod["serviceAccountName"] in accounts for pod in pods)
    assert [problem for body in bodies for problem in problems(body)] == []


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
def test_service_monitor_selects_the_endpoints(with_components):
    bodies = with_components("prod", "prometheus-operator")
    [monitor] = [body["spec"] for body in bodies if body["kind"] == "ServiceMonitor"]
    wanted = monitor["selector"]["matchLabels"].items()
    [service] = [
        body for body in bodies if body["kind"] == "Service" and wanted <= body["metadata"].get("labels", {}).items()
    ]
    assert service["metadata"]["name"] == "endpoints"
    assert monitor["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_endpoint_fits_the_schema_of_inference_services(pod_templates):
    body = inference_service.definition("flight_delay", "capstan:1")
    assert problems(body) == []
    assert body["spec"]["predictor"]["containers"][0]["image"] == "capstan:1"


def test_training_job_fits_the_schema_of_ray_jobs(pod_templates):
    job = ray_job.definition("flight-delay-1", "python -m train", 2, "capstan:1")
    assert problems(job) == []
    assert job["spec"]["rayClusterSpec"]["workerGroupSpecs"][0]["rayStartParams"] == {"num-cpus": "1"}


@pytest.mark.parametrize(("limit", "cpus"), [("250m", 1), ("1", 1), ("2500m", 2), ("8", 8)])
def test_worker_has_the_whole_cpus_that_its_pod_may_take(limit, cpus):
    assert ray_job.cpus(Size("100m", "1Gi", limit, "2Gi")) == cpus


def test_training_job_on_a_cluster_that_is_there_names_it_and_has_none_of_its_own(monkeypatch, capsys):
    container = {"name": "ray", "image": "capstan:1"}
    there = {"spec": {"headGroupSpec": {"template": {"spec": {"containers": [container]}}}}}
    monkeypatch.setattr(ray_job.api, "get", lambda path: there if path.endswith("/rayclusters/shared") else None)
    job = ray_job.definition_on("shared", "flight-delay-1", "python -m train", "capstan:1")
    assert problems(job) == [] and job["spec"]["clusterSelector"] == {"ray.io/cluster": "shared"}
    # KubeRay takes no cluster next to it, and would not shut one down.
    assert not {"rayClusterSpec", "shutdownAfterJobFinishes"} & job["spec"].keys() and not capsys.readouterr().out
    ray_job.definition_on("shared", "flight-delay-1", "python -m train", "capstan:2")
    assert "the code of its own image, capstan:1. This step has capstan:2" in capsys.readouterr().out
    with pytest.raises(CapstanError, match="no RayCluster 'another', which CAPSTAN_SCHEDULING names"):
        ray_job.definition_on("another", "flight-delay-1", "python -m train", "capstan:1")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body["spec"]["predictor"].update(minReplica=1), "'minReplica' was unexpected"),
        (lambda body: body["spec"]["predictor"]["containers"][0].update(tokens=[]), "'tokens' was unexpected"),
        (lambda body: body["spec"]["predictor"].update(maxReplicas="3"), "'3' is not of type 'integer'"),
        (lambda body: body["spec"].pop("predictor"), "'predictor' is a required property"),
    ],
)
def test_mistake_is_found(pod_templates, change, said):
    body = inference_service.definition("flight_delay", "capstan:1")
    change(body)
    assert any(said in problem for problem in problems(body))


def test_kind_without_a_schema_is_a_problem():
    body = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "ServingRuntime", "metadata": {"name": "capstan"}}
    assert problems(body) == [
        "serving.kserve.io/v1alpha1 ServingRuntime has no schema: add it to tests/support/kubernetes_schemas.py"
    ]


def test_schemas_stay_small():
    assert FILE.stat().st_size < 300_000
