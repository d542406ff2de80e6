"""A cluster whose runs have the fates that a test chooses."""

from contextlib import contextmanager

import pytest
from kubernetes.config import kube_config

from cluster import api
from tests.support import cluster_api


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Return a context manager: the cluster of some fates, which is that of the current context."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))  # read when imported
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    @contextmanager
    def cluster(*fates):
        api._client.cache_clear()
        with cluster_api.cluster(tmp_path, *fates) as there:
            yield there

    yield cluster
    api._client.cache_clear()
