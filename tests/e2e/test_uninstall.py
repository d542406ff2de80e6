"""`capstan cluster down` on a cluster that it did not make: with the data kept, and with everything removed."""

import json

import httpx
import pytest

from cluster.leftovers import FOLDERS, is_ours
from cluster.step_secrets import ALERTS
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE
from tests.e2e.services import Services

NOWHERE = "json://127.0.0.1:9/capstan"
PATCH = ("patch", "secret", ALERTS, "--namespace=kubeflow", "--type=merge", "--patch")

pytestmark = [pytest.mark.long, pytest.mark.alone]


@pytest.fixture(scope="module")
def brought_back(ran):
    """Whatever the tests leave, the cluster has Capstan after them."""
    yield
    up()


def up() -> None:
    done = kube.capstan("cluster", "up")
    assert done.returncode == 0, done.stderr


def objects(services: Services, bucket: str) -> set[str]:
    pages = services.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


def records(services: Services, kind: str) -> set[str]:
    """Return the names of Capstan's `runs` or `recurringRuns` in Kubeflow Pipelines."""
    url = f"{services.url('pipelines')}/apis/v2beta1/{kind.lower()}?page_size=200"
    return {each["display_name"] for each in httpx.get(url).json().get(kind, []) if is_ours(each)}


def test_data_that_are_kept_serve_the_next_installation(brought_back):
    kube.answer("monitor", CAPSTONE, "--every", "1h")
    kube.kubectl(*PATCH, json.dumps({"stringData": {"CAPSTAN_WEBHOOKS": NOWHERE}}))
    with Services() as services:
        before = services.versions(), services.rollout(), records(services, "runs")
        assert all(before) and records(services, "recurringRuns")
        kept = {key for key in objects(services, "capstan") if key.startswith(("mlflow/", "predictions/"))}
    done = kube.answer("cluster", "down", "--keep-data", "--yes")
    assert any("the namespace capstan, with volumes" in line for line in done["stays"])
    assert kube.pods("app.kubernetes.io/part-of=capstan") == [] and kube.get("inferenceservices")["items"] == []
    up()
    assert kube.secret(ALERTS, "CAPSTAN_WEBHOOKS", namespace="kubeflow") == NOWHERE
    kube.kubectl(*PATCH, json.dumps({"stringData": {"CAPSTAN_WEBHOOKS": ""}}))
    with Services() as services:
        assert (services.versions(), services.rollout(), records(services, "runs")) == before
        assert kept and kept <= objects(services, "capstan")
        assert not records(services, "recurringRuns")


def test_nothing_is_left_and_what_others_have_stays(brought_back):
    with Services() as services:
        services.s3().put_object(Bucket="capstan", Key="of-others/file", Body=b"theirs")
        others = {key for key in objects(services, "capstan") if key.partition("/")[0] not in FOLDERS}
    done = kube.answer("cluster", "down", "--yes")
    assert others == {"of-others/file"}
    assert done["stays"] == ["1 files in the bucket capstan that are not Capstan's"]
    assert kube.kubectl("get", "namespace", "capstan", "--ignore-not-found") == ""
    part_of = ["--selector=app.kubernetes.io/part-of=capstan", "--output=name"]
    kinds = "configmaps,secrets,networkpolicies,serviceaccounts,roles,rolebindings"
    assert kube.kubectl("get", kinds, "--namespace=kubeflow", *part_of) == ""
    assert "capstan" not in kube.get("configmap", "kfp-launcher", namespace="kubeflow")["data"]["providers"]
    up()
    with Services() as services:
        assert services.versions() == [] and not records(services, "runs") | records(services, "recurringRuns")
        assert not any(key.startswith(("mlflow/", "predictions/")) for key in objects(services, "capstan"))
        assert not {key for key in objects(services, "mlpipeline") if "/flight-delay/" in key}
        services.s3().delete_object(Bucket="capstan", Key="of-others/file")
