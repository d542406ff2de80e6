"""What docs/operations.md asks operators to do: new secrets, a backup, and restoring it. It takes about eight minutes.

The commands are those of the page. They end the endpoint, so they come after all other tests.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, FLIGHT, PODS, PROBABILITY, SERVICE
from tests.e2e.services import Services
from tests.support.documented_commands import Command, commands
from tests.support.processes import ROOT

pytestmark = [pytest.mark.rotating, pytest.mark.alone, pytest.mark.long]
PAGE = ROOT / "docs" / "operations.md"
S3 = "http://localhost:9000"  # where the page has S3 forwarded to
SECRETS = ("The token", "MLflow's database password", "Feast's database password", "Redis's password")
# The one command of the AWS CLI that the page uses.
AWS = """#!{python}
import os, pathlib, sys
import boto3
_, _, url, _, _, source, target = sys.argv
s3 = boto3.resource("s3", endpoint_url=url)
if source.startswith("s3://"):
    for item in s3.Bucket(source[5:]).objects.all():
        if item.key.endswith("/"):  # a mark of a folder, which has no content
            continue
        path = pathlib.Path(target, item.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.Bucket(source[5:]).download_file(item.key, path)
else:
    for path in pathlib.Path(source).rglob("*"):
        if path.is_file():
            s3.Bucket(target[5:]).upload_file(path, str(path.relative_to(source)))
"""


def written_under(heading: str) -> list[Command]:
    """Return the commands of the page after a heading, or after a paragraph's first words, until the next."""
    text = PAGE.read_text()
    start = text.count("\n", 0, text.index(heading))
    fences = [command.line for command in commands(PAGE) if command.line > start]
    end = next(line for line in range(fences[0], fences[0] + 50) if text.splitlines()[line - 1] == "```")
    return [command for command in commands(PAGE) if start < command.line < end]


def run(command: str, folder: Path, **environment: str) -> None:
    path = f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=600,
        env=os.environ | kube.ENVIRONMENT | environment | {"PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def works() -> None:
    """Check that what uses the secrets does: the endpoint with its online store and registry, MLflow, a run."""
    for kind, name in (("deploy", "mlflow"), ("deploy", "evidently"), ("sts", "redis")):
        kube.kubectl("rollout", "status", f"{kind}/{name}", "--namespace=capstan", "--timeout=300s", timeout=310)
    kube.wait_until(lambda: (pods := kube.pods(PODS)) and all(map(kube.ready, pods)), 300, "the endpoint's return")
    with Services() as services:
        assert services.versions()
        summary = services.summary()
        assert summary["verdict"] == "accepted"
    given = [f"--entity={name}={value}" for name, value in FLIGHT.items()]
    [answer] = kube.answer("predict", CAPSTONE, *given)["predictions"]
    assert round(answer["probability"], 3) == PROBABILITY


@pytest.fixture(scope="module")
def changed(ran, tmp_path_factory) -> None:
    """Each secret changed by the commands of the page, one after another."""
    folder = tmp_path_factory.mktemp("secrets")
    for what in SECRETS:
        before = {name: kube.get("secret", name)["data"] for name in ("services", "capstan-secrets")}
        for command in written_under(f"**{what}"):
            run(command.text, folder)
        after = {name: kube.get("secret", name)["data"] for name in ("services", "capstan-secrets")}
        assert after != before, what


def test_all_works_with_other_secrets(changed):
    works()


def test_old_token_is_refused_after_the_change(changed, services):
    """`services` was made before, so it has the old one."""
    with kube.forward(f"svc/{SERVICE}-predictor", 80) as port, Services() as now:
        assert now.token != services.token
        url = f"http://127.0.0.1:{port}/v1/models/{CAPSTONE}:predict"
        codes = [
            httpx.post(url, json={"instances": [FLIGHT]}, headers=one.bearer).status_code for one in (services, now)
        ]
        assert codes == [401, 200]


@pytest.fixture
def aws(tmp_path, monkeypatch) -> Path:
    """A folder to run the page's commands in, with the command `aws`."""
    script = tmp_path / "aws"
    script.write_text(AWS.format(python=sys.executable))
    script.chmod(0o755)
    for name, key in (("AWS_ACCESS_KEY_ID", "ACCESS"), ("AWS_SECRET_ACCESS_KEY", "SECRET")):
        monkeypatch.setenv(name, kube.secret("capstan-secrets", f"CAPSTAN_S3_{key}_KEY"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return tmp_path


def test_backup_is_restored_into_an_empty_cluster(ran, aws):
    """Empty of what is Capstan's: its namespace, with every volume, and its bucket."""
    with Services() as services:
        services.wait_for_other_runs()
        versions = services.versions()
        with kube.forward("svc/seaweedfs", 9000, namespace="kubeflow") as port:
            here = f"http://localhost:{port}"
            for command in [*written_under("Save PostgreSQL first"), *written_under("For S3, keep")]:
                run(command.text.replace(S3, here), aws)
        bucket = services.s3()
        for page in bucket.get_paginator("list_objects_v2").paginate(Bucket="capstan"):
            for item in page.get("Contents", []):
                bucket.delete_object(Bucket="capstan", Key=item["Key"])
    kube.kubectl("delete", "inferenceservices", "--all", "--namespace=capstan", "--timeout=120s", timeout=130)
    kube.kubectl("delete", "namespace", "capstan", "--timeout=300s", timeout=310)
    done = kube.capstan("cluster", "up")
    assert done.returncode == 0, done.stderr
    with Services() as services:
        assert services.versions() == []
    with kube.forward("svc/seaweedfs", 9000, namespace="kubeflow") as port:
        for command in written_under("To restore,"):
            run(command.text.replace(S3, f"http://localhost:{port}"), aws)
    kube.kubectl("rollout", "status", "deploy/mlflow", "--namespace=capstan", "--timeout=300s", timeout=310)
    with Services() as services:
        assert services.versions() == versions
        services.summary()
    works()
