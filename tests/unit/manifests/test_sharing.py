"""Training jobs and endpoints on a shared cluster: what each part of CAPSTAN_SCHEDULING adds to them."""

import json
import os
import re

import pytest
import yaml

from capstan.contract.resources import Resources, Size
from capstan.settings import ROOT, settings
from cluster import inference_service, ray_autoscaling, ray_job
from pipelines.flight_delay import task
from tests.support import manifests
from tests.unit.manifests.validation import BASE, problems

pytestmark = pytest.mark.usefixtures("pod_templates")

TOLERATION = {"key": "team", "operator": "Equal", "value": "a", "effect": "NoSchedule"}
NODES = {
    "node_selector": {"pool": "team-a"},
    "tolerations": [TOLERATION],
    "priority_class": "low",
}
QUEUE = {"queue": "team-a", "queue_priority": "nightly"}
MIG = {"gpu": {"resource": "nvidia.com/mig-1g.10gb", "node_selector": {"gpu": "h100"}}}
GPU_SIZE = Size("2", "8Gi", "4", "16Gi", gpus=1)


@pytest.fixture
def set_up(home, monkeypatch):
    """A function that sets CAPSTAN_SCHEDULING."""

    def given(said):
        monkeypatch.setenv("CAPSTAN_SCHEDULING", said if isinstance(said, str) else yaml.safe_dump(said))
        settings.cache_clear()

    return given


def job(workers=2, size=None):
    return ray_job.definition("flight-delay-1", "python -m train", workers, "capstan:1", size)


def endpoint():
    return inference_service.definition("flight_delay", "capstan:1")


def pods_of(job):
    """Return the specification of the head's pod and of the workers'."""
    cluster = job["spec"]["rayClusterSpec"]
    return [part["template"]["spec"] for part in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


def template(name, image="capstan:1"):
    """Return the specification of a pod as the manifests write it, with an image."""
    [body] = [body for body in BASE if (body["kind"], body["metadata"]["name"]) == ("PodTemplate", name)]
    return json.loads(json.dumps(body["template"]["spec"]).replace('"image": "capstan"', f'"image": "{image}"'))


def test_without_settings_pods_are_as_the_templates_say_and_jobs_start_at_once(set_up):
    set_up({})
    definition = job()
    assert pods_of(definition) == [template("ray-head"), template("ray-worker")]
    assert definition["metadata"].keys() == {"name", "namespace", "labels"}
    assert definition["metadata"]["labels"] == {"app.kubernetes.io/part-of": "capstan"}
    assert "suspend" not in definition["spec"]
    assert definition["spec"]["rayClusterSpec"].keys() == {"headGroupSpec", "workerGroupSpecs"}
    added = endpoint()["spec"]["predictor"].keys() - template("endpoint").keys()
    assert added == {"labels", "minReplicas", "maxReplicas", "autoScaling"}


def test_pods_get_nodes_tolerations_and_priority(set_up):
    before = [*pods_of(job()), endpoint()["spec"]["predictor"]]
    set_up(NODES)
    definition, service = job(), endpoint()
    assert problems(definition) == problems(service) == []
    more = {"nodeSelector": {"pool": "team-a"}, "tolerations": [TOLERATION], "priorityClassName": "low"}
    assert [*pods_of(definition), service["spec"]["predictor"]] == [pod | more for pod in before]
    assert "suspend" not in definition["spec"]


def test_change_of_the_nodes_replaces_the_pods_of_an_endpoint(set_up):
    before = endpoint()["metadata"]["annotations"][inference_service.DIGEST]
    set_up(NODES)
    assert endpoint()["metadata"]["annotations"][inference_service.DIGEST] != before


def test_template_of_an_overlay_holds_against_the_settings(set_up, monkeypatch):
    own = {
        "nodeSelector": {"pool": "serving", "zone": "b"},
        "tolerations": [{"key": "serving", "operator": "Exists"}],
        "priorityClassName": "high",
    }
    body = {"template": {"metadata": {}, "spec": template("ray-head", "capstan") | own}}
    monkeypatch.setattr(ray_job.templates.api, "get", lambda path: json.loads(json.dumps(body)))
    set_up(NODES)
    pod = pods_of(job())[0]
    assert pod["nodeSelector"] == own["nodeSelector"] and pod["priorityClassName"] == "high"
    assert pod["tolerations"] == [*own["tolerations"], TOLERATION]


def test_training_job_waits_in_the_queue_and_an_endpoint_does_not(set_up):
    before, serving = job(), endpoint()
    set_up(QUEUE)
    definition = job()
    assert problems(definition) == []
    labels = {"kueue.x-k8s.io/queue-name": "team-a", "kueue.x-k8s.io/priority-class": "nightly"}
    assert definition["metadata"] == before["metadata"] | {"labels": before["metadata"]["labels"] | labels}
    # Kueue takes in no job that would leave its cluster behind.
    assert definition["spec"] == before["spec"] | {"suspend": True} and definition["spec"]["shutdownAfterJobFinishes"]
    assert endpoint() == serving


def test_training_job_on_a_cluster_that_is_there_waits_in_no_queue(set_up, monkeypatch):
    container = {"name": "ray", "image": "capstan:1"}
    there = {"spec": {"headGroupSpec": {"template": {"spec": {"containers": [container]}}}}}
    monkeypatch.setattr(ray_job.api, "get", lambda path: there)
    set_up(QUEUE)
    definition = ray_job.definition_on("shared", "flight-delay-1", "python -m train", "capstan:1")
    assert "suspend" not in definition["spec"] and "kueue" not in json.dumps(definition)  # Kueue would refuse it


def test_pod_asks_for_the_kind_of_gpu_that_the_cluster_has_only_where_its_task_asks_for_one(set_up, monkeypatch):
    plain = [job(), endpoint()]
    set_up(MIG)
    assert [job(), endpoint()] == plain
    monkeypatch.setattr(task, "RESOURCES", Resources(endpoint=GPU_SIZE), raising=False)
    definition, service = job(size=GPU_SIZE), endpoint()
    assert problems(definition) == problems(service) == []
    head, worker = pods_of(definition)
    for pod in (worker, service["spec"]["predictor"]):
        resources = pod["containers"][0]["resources"]
        assert resources["limits"] == {"cpu": "4", "memory": "16Gi", "nvidia.com/mig-1g.10gb": "1"}
        assert resources["requests"]["nvidia.com/mig-1g.10gb"] == "1"
        assert pod["nodeSelector"] == {"gpu": "h100"}
        assert pod["tolerations"] == GPU_SIZE.tolerations()  # the taint of nodes with GPUs of whichever size
    assert "nodeSelector" not in head
    # Ray counts GPUs, of whichever kind.
    assert definition["spec"]["rayClusterSpec"]["workerGroupSpecs"][0]["rayStartParams"]["num-gpus"] == "1"


def test_cluster_of_a_training_job_grows_from_its_least_workers(set_up):
    set_up({"ray": {"min_workers": 1}})
    definition = job(workers=4)
    assert problems(definition) == []
    cluster = definition["spec"]["rayClusterSpec"]
    [group] = cluster["workerGroupSpecs"]
    assert (group["minReplicas"], group["replicas"], group["maxReplicas"]) == (1, 1, 4)
    assert cluster["enableInTreeAutoscaling"] is True
    assert pods_of(definition)[0]["terminationGracePeriodSeconds"] < 30  # what the API server gives the PodTemplate
    assert "annotations" not in definition["metadata"]


@pytest.mark.parametrize(("least", "workers", "size"), [(2, 2, None), (3, 2, None), (0, 2, GPU_SIZE)])
def test_cluster_without_room_to_grow_or_with_gpus_has_all_its_workers(set_up, least, workers, size):
    before = job(workers, size)
    set_up({"ray": {"min_workers": least}})
    assert job(workers, size) == before


def test_rays_autoscaler_reads_what_the_cluster_may_have(set_up):
    """The function of Ray that its autoscaler calls on a RayCluster."""
    from ray.autoscaler._private.kuberay.autoscaling_config import _derive_autoscaling_config_from_ray_cr

    set_up({"ray": {"min_workers": 0}})
    spec = job(workers=4, size=Size("1", "2Gi", "2", "4Gi"))["spec"]["rayClusterSpec"]
    read = _derive_autoscaling_config_from_ray_cr({"metadata": {"name": "a", "namespace": "capstan"}, "spec": spec})
    workers = read["available_node_types"]["workers"]
    assert (workers["min_workers"], workers["max_workers"], workers["resources"]["CPU"]) == (0, 4, 2)
    assert read["available_node_types"][read["head_node_type"]]["resources"]["CPU"] == 0
    assert read["idle_timeout_minutes"] * 60 == ray_autoscaling.IDLE_SECONDS


def test_only_the_autoscaler_has_a_token_of_the_kubernetes_api(set_up):
    set_up({"ray": {"min_workers": 1}})
    cluster = job(workers=4)["spec"]["rayClusterSpec"]
    head, worker = (part["template"]["spec"] for part in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]))
    assert not head["automountServiceAccountToken"] and worker == template("ray-worker")
    [server] = head["containers"]
    names = {mount["name"] for mount in server["volumeMounts"]}
    [token] = [volume["name"] for volume in head["volumes"] if "projected" in volume]
    options = cluster["autoscalerOptions"]
    assert token not in names and token in {mount["name"] for mount in options["volumeMounts"]}
    assert {mount["name"] for mount in options["volumeMounts"]} <= {volume["name"] for volume in head["volumes"]}
    # The namespace enforces Pod Security's `restricted`, and its quota needs a size of each container.
    assert options["securityContext"] == server["securityContext"]
    assert options["resources"].keys() == {"requests", "limits"}
    assert options["env"] == [{"name": "RAY_AUTH_MODE", "value": "disabled"}]


def test_cluster_that_grows_says_so_to_the_queue(set_up):
    set_up(QUEUE | {"ray": {"min_workers": 1}})
    definition = job(workers=4)
    assert problems(definition) == []
    assert definition["metadata"]["annotations"] == {"kueue.x-k8s.io/elastic-job": "true"}


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
def test_component_opens_the_kubernetes_api_to_heads_alone(with_components):
    plain, more = manifests.built(manifests.MANIFESTS / "overlays" / "kind"), with_components("kind", "ray-autoscaling")
    assert [problem for body in more for problem in problems(body)] == []
    known = {(body["kind"], body["metadata"]["name"]) for body in plain}
    [policy] = [body for body in more if (body["kind"], body["metadata"]["name"]) not in known]
    assert policy["spec"]["podSelector"] == {"matchLabels": {"ray.io/node-type": "head"}}
    maps = [body["data"] for body in more if (body["kind"], body["metadata"]["name"]) == ("ConfigMap", "capstan")]
    assert [yaml.safe_load(data["CAPSTAN_SCHEDULING"]) for data in maps] == [
        {"ray": {"min_workers": 1}}
    ] * 2  # in both namespaces


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
def test_example_of_the_documentation_reaches_pods(set_up, tmp_path):
    """Its overlay is built, and training jobs get what the ConfigMap says then."""
    fences = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "kubernetes.md").read_text(), flags=re.DOTALL)
    [patches] = [yaml.safe_load(text) for text in fences if "CAPSTAN_SCHEDULING" in text]
    kind = os.path.relpath(manifests.MANIFESTS / "overlays" / "kind", tmp_path)
    (tmp_path / "kustomization.yaml").write_text(
        yaml.safe_dump({"kind": "Kustomization", "resources": [kind]} | patches)
    )
    bodies = manifests.built(tmp_path)
    assert [problem for body in bodies for problem in problems(body)] == []
    first, second = (
        body["data"] for body in bodies if (body["kind"], body["metadata"]["name"]) == ("ConfigMap", "capstan")
    )
    assert first == second
    set_up(first["CAPSTAN_SCHEDULING"])
    _, worker = pods_of(job(size=GPU_SIZE))
    assert worker["nodeSelector"] == {"pool": "training"}
    assert {"key": "pool", "value": "training", "effect": "NoSchedule"} in worker["tolerations"]
    assert worker["containers"][0]["resources"]["limits"]["nvidia.com/mig-1g.10gb"] == "1"
    [pod] = [
        body["template"]["spec"] for body in bodies if body["metadata"]["name"] == "endpoint" and "template" in body
    ]
    assert pod["priorityClassName"] == "serving"
