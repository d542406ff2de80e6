"""What a cluster would return of the manifests."""

import json

import pytest

from capstan.cluster import templates
from tests.unit.manifests.validation import BASE


@pytest.fixture
def pod_templates(monkeypatch):
    """The PodTemplates of the manifests, as a cluster would return them."""
    known = {body["metadata"]["name"]: body for body in BASE if body["kind"] == "PodTemplate"}
    monkeypatch.setattr(templates.api, "get", lambda path: json.loads(json.dumps(known.get(path.rpartition("/")[2]))))
