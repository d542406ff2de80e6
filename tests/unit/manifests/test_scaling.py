"""How many pods the manifests allow, of which size, and where."""

import json
import re

import pytest

from capstan.contract.resources import Resources, Size
from capstan.errors import CapstanError
from cluster import inference_service, ray_job
from pipelines.flight_delay import task
from serving import limits
from tests.support import manifests
from tests.support.manifests import MANIFESTS
from tests.unit.manifests.validation import BASE, problems


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
@pytest.mark.parametrize(("overlay", "replicas"), [("kind", (1, 3)), ("kind-nodes", (2, 3)), ("prod", (2, 10))])
def test_overlay_sets_the_numbers_of_the_autoscaler(overlay, replicas):
    annotations = endpoint_of(overlay)["metadata"]["annotations"]
    scaled = inference_service.scale({"metadata": {"annotations": annotations}, "spec": sized("25m")})
    assert (scaled["minReplicas"], scaled["maxReplicas"], target(scaled)) == (*replicas, 900)


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
@pytest.mark.parametrize("overlay", ["kind-nodes", "prod"])
def test_on_several_nodes_each_pod_of_an_endpoint_has_its_own_volume(overlay):
    spec = endpoint_of(overlay)["spec"]
    [volume] = [volume for volume in spec["volumes"] if volume["name"] == "predictions"]
    assert volume.keys() == {"name", "ephemeral"} and spec["topologySpreadConstraints"]
    claims = [body for body in overlay_of(overlay) if body["kind"] == "PersistentVolumeClaim"]
    assert "predictions" not in {claim["metadata"]["name"] for claim in claims}
    [server] = spec["containers"]
    environment = {item["name"]: item.get("value") for item in server["env"]}
    delay = float(server["args"][server["args"].index("--drain-delay") + 1])
    work = delay + float(environment["CAPSTAN_LOG_CLOSE_SECONDS"])
    assert work + limits.DRAIN_SECONDS < spec["terminationGracePeriodSeconds"]


def overlay_of(name):
    return manifests.built(MANIFESTS / "overlays" / name)


def endpoint_of(overlay):
    """Return the PodTemplate of the endpoints, as an overlay makes it."""
    [body] = [
        body for body in overlay_of(overlay) if (body["kind"], body["metadata"]["name"]) == ("PodTemplate", "endpoint")
    ]
    return body["template"]


def sized(cpu):
    """Return the specification of a pod that asks for some CPU."""
    return {"containers": [{"resources": {"requests": {"cpu": cpu}}}]}


def target(scaled):
    """Return the percentage of its request at which an endpoint gets another pod."""
    return scaled["autoScaling"]["metrics"][0]["resource"]["target"]["averageUtilization"]


@pytest.mark.parametrize(("cpu", "percent"), [("25m", 900), ("0.1", 225), ("2", 90)])
def test_another_pod_starts_at_the_same_load_however_little_an_idle_one_asks_for(cpu, percent):
    annotations = {"capstan/min-replicas": "1", "capstan/max-replicas": "3", "capstan/cpu-target": "225m"}
    assert target(inference_service.scale({"metadata": {"annotations": annotations}, "spec": sized(cpu)})) == percent


def test_autoscaler_without_numbers_is_told():
    with pytest.raises(CapstanError, match="capstan/min-replicas"):
        inference_service.scale({"metadata": {"annotations": {"capstan/min-replicas": "two"}}, "spec": sized("1")})


def amount(quantity):
    """Return a quantity of Kubernetes as a number."""
    match = re.fullmatch(r"([\d.]+)(m|Ki|Mi|Gi|Ti)?", str(quantity))
    return float(match[1]) * {None: 1, "m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}[match[2]]


def test_thirty_six_idle_endpoints_fit_the_quota_beside_the_services_and_a_training_job():
    [quota] = [body["spec"]["hard"] for body in BASE if body["kind"] == "ResourceQuota"]
    pods = [body["spec"]["template"] for body in BASE if body["kind"] in ("Deployment", "StatefulSet")]
    templates_ = {body["metadata"]["name"]: body["template"] for body in BASE if body["kind"] == "PodTemplate"}
    pods += [templates_["endpoint"]] * 36 + [templates_["ray-head"]] + [templates_["ray-worker"]] * 2
    asked = {"requests.cpu": 0.0, "requests.memory": 0.0, "limits.memory": 0.0}
    for container in (container for pod in pods for container in pod["spec"]["containers"]):
        for name in asked:
            kind, resource = name.split(".")
            asked[name] += amount(container["resources"][kind][resource])
    assert {name: total for name, total in asked.items() if total > amount(quota[name])} == {}
    assert len(pods) <= int(quota["pods"])


def test_endpoint_and_workers_have_the_size_of_the_task_and_a_gpu_only_where_it_asks_for_one(
    pod_templates, monkeypatch
):
    plain = inference_service.definition("flight_delay", "capstan:1")["spec"]["predictor"]
    assert "nvidia.com/gpu" not in json.dumps(plain) and "tolerations" not in plain
    size = Size("2", "8Gi", "4", "16Gi", gpus=1)
    monkeypatch.setattr(task, "RESOURCES", Resources(endpoint=size, worker=size), raising=False)
    body = inference_service.definition("flight_delay", "capstan:1")
    assert problems(body) == [] and target(body["spec"]["predictor"]) == 90
    assert body["spec"]["predictor"]["containers"][0]["resources"] == size.container()
    assert body["spec"]["predictor"]["tolerations"][0]["key"] == "nvidia.com/gpu"
    job = ray_job.definition("flight-delay-1", "python -m train", 2, "capstan:1", size)
    [group] = job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    assert problems(job) == [] and group["rayStartParams"] == {"num-cpus": "4", "num-gpus": "1"}
    assert group["template"]["spec"]["containers"][0]["resources"] == size.container()
    assert "nvidia.com/gpu" not in json.dumps(job["spec"]["rayClusterSpec"]["headGroupSpec"])
