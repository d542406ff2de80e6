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
APPLY = "from capstan.cluster import up; up.apply(['flight_delay'])"


@pytest.fixture
def applied(tmp_path):
    """Return a function: what is applied with some settings."""
    (tmp_path / "kubectl").write_text(KUBECTL.format(kubectl=shutil.which("kubectl"), folder=tmp_path))
    (tmp_path / "kubectl").chmod(0o755)

    def apply(**environment: str) -> list[dict]:
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        given = os.environ | {"PATH": path, "CAPSTAN_HOME": str(tmp_path / "home")} | environment
        subprocess.run([sys.executable, "-c", APPLY], check=True, cwd=ROOT, env=given)
        return list(yaml.safe_load_all((tmp_path / "applied.yaml").read_text()))

    return apply


@pytest.mark.skipif(not manifests.can_build(), reason="needs kubectl")
@pytest.mark.parametrize(("overlay", "name"), [("kind", "capstan"), ("kind", "team-b"), ("prod", "team-b")])
def test_everything_is_in_the_namespace_of_the_settings(applied, overlay, name):
    bodies = applied(CAPSTAN_NAMESPACE=name, CAPSTAN_OVERLAY=overlay)
    assert {body["metadata"].get("namespace", name) for body in bodies} == {name, "kubeflow"}
    assert [body["metadata"]["name"] for body in bodies if body["kind"] == "Namespace"] == [name]
    both = [body["data"] for body in bodies if (body["kind"], body["metadata"]["name"]) == ("ConfigMap", "capstan")]
    assert [data["CAPSTAN_TRACKING_URI"] for data in both] == [f"http://mlflow.{name}:5000"] * 2
    assert {data.get("CAPSTAN_NAMESPACE", "capstan") for data in both} == {name}
    text = yaml.safe_dump_all(bodies)
    assert name == "capstan" or not any(
        words in text for words in (".capstan:", ".capstan.svc", "metadata.name: capstan", "team-a")
    )


def test_code_uses_the_namespace_of_the_settings():
    code = "from capstan.cluster import inference_service, up; print(inference_service.PATH, up.addresses()['mlflow'])"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"CAPSTAN_NAMESPACE": "team-b"},
    )  # fmt: skip
    assert "/namespaces/team-b/inferenceservices http://mlflow.team-b:5000" in done.stdout
