"""What `capstan cluster up` applies, with a kubectl that only builds it."""

import os
import shutil
import subprocess
import sys

import pytest
import yaml

from tests.support import manifests
from tests.support.processes import ROOT

KUBECTL = """#!/bin/sh
case "$*" in
  "apply --kustomize "*) exec {kubectl} kustomize "$3" > {folder}/applied.yaml ;;
  "config current-context") echo kind-capstan ;;
esac
"""
APPLY = "import sys; from cluster import options, up; options.keep(overlay=sys.argv[1]); up.apply(['flight_delay'])"


@pytest.fixture
def applied(tmp_path):
    """Return a function: what is applied with some settings."""
    (tmp_path / "kubectl").write_text(KUBECTL.format(kubectl=shutil.which("kubectl"), folder=tmp_path))
    (tmp_path / "kubectl").chmod(0o755)

    def apply(overlay: str = "kind", **environment: str) -> list[dict]:
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        variables = os.environ | {"PATH": path, "CAPSTAN_HOME": str(tmp_path / "home")} | environment
        subprocess.run([sys.executable, "-c", APPLY, overlay], check=True, cwd=ROOT, env=variables)
        return list(yaml.safe_load_all((tmp_path / "applied.yaml").read_text()))

    return apply


def identity(body: dict) -> tuple[str, str, str]:
    return body["kind"], body["metadata"]["name"], body["metadata"].get("namespace", "")


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
@pytest.mark.parametrize(("overlay", "name"), [("kind", "capstan"), ("kind", "team-b"), ("prod", "team-b")])
def test_everything_is_in_the_namespace_of_the_settings(applied, overlay, name):
    bodies = applied(overlay, CAPSTAN_NAMESPACE=name)
    assert {body["metadata"].get("namespace", name) for body in bodies} == {name, "kubeflow"}
    assert [body["metadata"]["name"] for body in bodies if body["kind"] == "Namespace"] == [name]
    called = {("ConfigMap", "capstan", name), ("ConfigMap", name, "kubeflow")}
    both = [body["data"] for body in bodies if identity(body) in called]
    assert [data["CAPSTAN_TRACKING_URI"] for data in both] == [f"http://mlflow.{name}:5000"] * 2
    assert {data.get("CAPSTAN_NAMESPACE", "capstan") for data in both} == {name}
    assert {data["CAPSTAN_BUCKET"] for data in both} == {name}
    text = yaml.safe_dump_all(bodies)
    assert name == "capstan" or not any(
        words in text for words in (".capstan:", ".capstan.svc", "metadata.name: capstan", "team-a")
    )


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
def test_teams_have_no_object_in_common(applied):
    """What has the same name in the same namespace is of both; policies know a team's steps by a label of its own."""
    first, second = applied(), applied(CAPSTAN_NAMESPACE="team-b")
    assert {identity(body) for body in first} & {identity(body) for body in second} == set()
    assert "capstan/capstone" not in yaml.safe_dump_all(second)
    assert yaml.safe_dump_all(second).count("team-b/capstone") == yaml.safe_dump_all(first).count("capstan/capstone")
    accounts = {account["name"] for body in second for account in body.get("subjects", [])}
    assert accounts == {"team-b-steps"}


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
def test_bucket_of_another_name_is_that_of_the_settings(applied):
    bodies = applied(CAPSTAN_NAMESPACE="team-b", CAPSTAN_BUCKET="shared")
    named = [body["data"]["CAPSTAN_BUCKET"] for body in bodies if "CAPSTAN_BUCKET" in (body.get("data") or {})]
    assert named == ["shared", "shared"]


def test_code_uses_the_namespace_of_the_settings():
    code = "from cluster import inference_service, up; print(inference_service.PATH, up.addresses()['mlflow'])"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"CAPSTAN_NAMESPACE": "team-b"},
    )  # fmt: skip
    assert "/namespaces/team-b/inferenceservices http://mlflow.team-b:5000" in done.stdout
