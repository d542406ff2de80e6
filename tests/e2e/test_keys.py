"""What the keys of each role may do, tried from its pods."""

import pytest
from botocore.exceptions import ClientError

from cluster.step_secrets import NEEDED_BY
from tests.e2e import kube
from tests.e2e.conftest import HERE
from tests.e2e.endpoint import CAPSTONE, PODS

ENDPOINT = {
    *("list the bucket", "write to predictions", "read the registry", "read features", "read labels", "add labels"),
    *("read the history", "read online features"),
}
TRAINING = {"list the bucket", "write to jobs", "delete from jobs"}
SECRETS = ("capstan-secrets", "endpoint-secrets", "training-secrets", "services", "endpoint-tokens")
OF_STEPS = ("capstan-artifacts",)  # in the namespace of Kubeflow Pipelines


def held() -> dict[str, dict[str, str]]:
    own = {name: kube.get("secret", name)["data"] for name in SECRETS}
    return own | {name: kube.get("secret", name, namespace="kubeflow")["data"] for name in OF_STEPS}


def may() -> list[set[str]]:
    """Return what each pod of the endpoint may do with its keys: there may be two, of a roll-out or an autoscaler."""
    ready = kube.wait_until(lambda: [pod for pod in kube.pods(PODS) if kube.ready(pod)], 120, "a pod of the endpoint")
    names = [pod["metadata"]["name"] for pod in ready]
    return [set(kube.Pod(name, "capstan").run(HERE / "in_pod" / "keys.py")) for name in names]


def test_endpoint_reads_and_adds_to_its_log(ran):
    for allowed in may():
        assert allowed == ENDPOINT


def test_training_reaches_files_of_its_job_alone(ran):
    """A pod with the labels and the settings of one of Ray's."""
    body = kube.definition("e2e-training", {"ray.io/cluster": "e2e"}, "capstan", capstone=CAPSTONE)
    template = kube.get("podtemplate", "ray-worker")["template"]["spec"]["containers"][0]
    body["spec"]["containers"][0] |= {"envFrom": template["envFrom"], "env": template["env"]}
    with kube.running(body) as [pod]:
        assert set(pod.run(HERE / "in_pod" / "keys.py")) == TRAINING


def test_each_step_mounts_the_secrets_that_it_needs(ran):
    pods = kube.get("pods", selector=f"pipeline/runid={ran['run']}", namespace="kubeflow")["items"]
    mounted = {}
    for pod in pods:
        node = pod["metadata"]["annotations"]["workflows.argoproj.io/node-name"].split(".")
        if node[-1] == "executor":
            names = [volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume]
            mounted[node[-2].replace("-", "_")] = {name for name in names if name.startswith("capstan-")}
    assert {
        "compare_data",
        "gate",
        "register",
        "materialize",
        "deploy",
        "baseline_report",
    } <= mounted.keys()  # never from the cache
    assert mounted == {step: {*NEEDED_BY.get(step, ()), *OF_STEPS} for step in mounted}
    named = [item["metadata"]["name"] for item in kube.get("secret", namespace="kubeflow")["items"]]
    assert "capstan-secrets" not in named


def test_no_pod_has_the_root_keys(ran):
    """Not by a Secret that it names, and not by one that holds the same."""
    root = kube.get("secret", "mlpipeline-minio-artifact", namespace="kubeflow")["data"].values()
    assert not [name for name, data in held().items() if set(root) & set(data.values())]
    steps = kube.pods(f"capstan/capstone,pipeline/runid={ran['run']}", "kubeflow")
    assert steps and {pod["spec"]["serviceAccountName"] for pod in steps} == {"capstan-steps"}
    for pod in [*kube.get("pods")["items"], *steps]:
        assert "mlpipeline-minio-artifact" not in str(pod["spec"]), pod["metadata"]["name"]


def test_keys_of_artifacts_open_nothing_else(ran, services):
    """What a step could read by the name of the Secret that its account may get."""
    keys = [kube.secret("capstan-artifacts", name, "kubeflow") for name in ("accesskey", "secretkey")]
    client = services.s3(*keys)
    assert client.list_objects_v2(Bucket="mlpipeline", Prefix="v2/artifacts/", MaxKeys=1)["Contents"]
    for refused in (
        lambda: client.list_objects_v2(Bucket="capstan", MaxKeys=1),
        lambda: client.put_object(Bucket="mlpipeline", Key="pipelines/e2e", Body=b"e2e"),
        lambda: client.put_object(Bucket="capstan", Key="mlflow/e2e", Body=b"e2e"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()
