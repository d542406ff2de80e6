"""`capstan --profile cluster run`, after the same pipeline was submitted: what it repeats, and what it returns."""

import re
from pathlib import Path

import httpx

from capstan.versions.source import git_commit
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, SERVICE

CACHED = ["ingest", "validate", "build-features", "split", "train", "evaluate"]
ALWAYS = ["compare-data", "gate", "register", "materialize", "deploy", "baseline-report"]


def test_steps_come_from_the_cache_where_they_may(ran, services):
    """A step from the cache has a driver, but no pod."""
    run = services.run(ran["run"])
    assert run["state"] == "SUCCEEDED"
    pods = kube.pods(f"pipeline/runid={ran['run']}", "kubeflow")
    steps = [pod for pod in pods if "-system-container-impl-" in pod["metadata"]["name"]]
    assert len(steps) == len(ALWAYS)
    log = Path(ran["log"]).read_text()
    assert [f"---- {name}: cached" in log for name in CACHED] == [True] * len(CACHED)
    assert [f"---- {name}: done" in log for name in ALWAYS] == [True] * len(ALWAYS)


def test_nothing_is_registered_or_made_twice(submitted, ran, services):
    """Both runs trained the same model: one version, one endpoint."""
    versions = services.mlflow("model-versions/search", filter=f"name='{CAPSTONE}'")["model_versions"]
    tags = {item["version"]: {tag["key"]: tag["value"] for tag in item["tags"]} for item in versions}
    assert [number for number in tags if tags[number]["digest"] == tags[ran["version"]]["digest"]] == [ran["version"]]
    assert len({each["digest"] for each in tags.values()}) == len(tags)
    assert services.rollout()["champion"] == ran["version"]
    names = [item["metadata"]["name"] for item in kube.get("inferenceservices")["items"]]
    assert names.count(SERVICE) == 1


def test_version_has_its_lineage(ran, services):
    version = services.mlflow("model-versions/get", name=CAPSTONE, version=ran["version"])["model_version"]
    tags = {tag["key"]: tag["value"] for tag in version["tags"]}
    assert tags["verdict"] == "accepted" and tags["deployment"] == "succeeded"
    # Of the image. A checkout without git, such as an archive, has none.
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", tags["git_commit"]) or git_commit() == "unknown"
    assert all(tags[name] for name in ("digest", "train_digest", "test_digest", "pipeline_run", "feature_service"))
    assert services.registered_scores(ran["version"]).keys() == ran["scores"].keys()


def test_report_is_a_page_here_and_in_evidently(ran, services):
    assert "Calibration" in Path(ran["report"]).read_text()
    url = services.url("evidently")
    projects = httpx.get(f"{url}/api/projects", headers=services.bearer).json()
    [project] = [project for project in projects if project["name"] == CAPSTONE]
    reports = httpx.get(f"{url}/api/projects/{project['id']}/reports", headers=services.bearer).json()
    assert [report for report in reports if report["name"].startswith(f"version {ran['version']} ")]
