"""What a cluster would return of the manifests, and what kustomize makes of them."""

import json
import os

import pytest
import yaml

from cluster import templates
from tests.support import manifests
from tests.support.manifests import MANIFESTS
from tests.unit.manifests.validation import BASE


@pytest.fixture
def pod_templates(monkeypatch):
    """The PodTemplates of the manifests, as a cluster would return them."""
    known = {body["metadata"]["name"]: body for body in BASE if body["kind"] == "PodTemplate"}
    monkeypatch.setattr(templates.api, "get", lambda path: json.loads(json.dumps(known.get(path.rpartition("/")[2]))))


@pytest.fixture
def with_components(tmp_path):
    """Return a function: what kustomize makes of an overlay with some components."""

    def build(overlay: str, *names: str) -> list[dict]:
        folders = [MANIFESTS / "overlays" / overlay, *(MANIFESTS / "components" / name for name in names)]
        first, *others = [os.path.relpath(folder, tmp_path) for folder in folders]
        content = {"kind": "Kustomization", "resources": [first], "components": others}
        (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(content))
        return manifests.built(tmp_path)

    return build
