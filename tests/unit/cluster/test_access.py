"""The settings that a command on a cluster uses, with a kubectl that only prints what the cluster keeps."""

import json
import os

import pytest

from capstan.image_names import image
from capstan.settings import settings
from cluster.access import connect

ITEMS = [
    {"kind": "ConfigMap", "metadata": {"name": "capstan"}, "data": {"CAPSTAN_BUCKET": "theirs"}},
    {"kind": "Secret", "metadata": {"name": "capstan-secrets"}, "data": {"CAPSTAN_TOKEN": "c2VjcmV0"}},
    {"kind": "ConfigMap", "metadata": {"name": "capstan-images"}, "data": {"churn": "localhost:5001/capstan:1-churn"}},
]


@pytest.fixture(autouse=True)
def kubectl(home, tmp_path, monkeypatch):
    (tmp_path / "stored.json").write_text(json.dumps({"items": ITEMS}))
    (tmp_path / "kubectl").write_text(f"#!/bin/sh\ncat {tmp_path}/stored.json\n")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


@pytest.mark.parametrize(
    ("own", "used"),
    [
        ("", "localhost:5001/capstan:1-churn"),
        ("localhost:5001/capstan", "localhost:5001/capstan:1-churn"),  # the repository, of which the cluster has a tag
        ("localhost:5001/churn:2", "localhost:5001/churn:2"),
    ],
)
def test_run_takes_the_clusters_image_of_the_capstone_but_for_one_with_a_tag(own, used, monkeypatch):
    monkeypatch.setenv("CAPSTAN_IMAGE", own)
    with connect():
        assert image("churn") == used
    assert os.environ["CAPSTAN_IMAGE"] == own


def test_own_settings_stay_and_all_end_with_the_block(home, monkeypatch):
    monkeypatch.setenv("CAPSTAN_BUCKET", "mine")
    with connect():
        current = settings()
        assert (current.bucket, current.token, current.home) == ("mine", "secret", home / "cluster")
    settings.cache_clear()
    assert "CAPSTAN_TOKEN" not in os.environ and settings().home == home
