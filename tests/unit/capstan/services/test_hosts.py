"""Hosts that are this machine, and the ones that MLflow answers for."""

import warnings

import pytest

from capstan.local.stack import services
from capstan.services.hosts import is_loopback
from capstan.settings import settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_addresses_that_only_this_machine_reaches(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "no.such.host.invalid"])
def test_addresses_that_others_may_reach(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        *((host, True) for host in ("localhost:5000", "localhost", "127.0.0.1:5000", "[::1]:5000", "a.localhost:5000")),
        *((host, True) for host in ("models.lan:5000", "[fd00::2]:5000")),
        *((host, False) for host in ("10.evil.test:5000", "192.168.evil.test", "evil.test", "10.0.0.1:5000", "")),
    ],
)
def test_mlflow_answers_for_this_machine_and_the_hosts_of_the_settings(monkeypatch, host, allowed):
    monkeypatch.setenv("CAPSTAN_ALLOWED_HOSTS", "models.lan,fd00::2")
    settings.cache_clear()
    try:
        patterns = services()["mlflow"].environment["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    finally:
        settings.cache_clear()
    with warnings.catch_warnings(action="ignore"):  # MLflow's server uses what SQLAlchemy will remove
        from mlflow.server.security_utils import is_allowed_host_header

    assert is_allowed_host_header(patterns, host) is allowed
