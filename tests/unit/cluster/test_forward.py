"""Forwarded ports, with a kubectl that only says that it forwards one."""

import os
import time
from pathlib import Path

import pytest

from capstan.errors import CapstanError, Unavailable
from cluster import access
from cluster.forward import forwarded

KUBECTL = """#!/bin/sh
echo "$$ $*" >> {folder}/calls
[ -e {folder}/fails ] && {{ cat {folder}/fails >&2; exit 1; }}
for ports; do :; done
local=${{ports%%:*}}
echo "Forwarding from 127.0.0.1:${{local:-41234}} -> ${{ports##*:}}"
exec sleep 60
"""


class Kubectl:
    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "kubectl").write_text(KUBECTL.format(folder=folder))
        (folder / "kubectl").chmod(0o755)

    def calls(self) -> list[tuple[int, str]]:
        """The process ids and the arguments of each call."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(pid), arguments) for pid, arguments in (line.split(" ", 1) for line in lines)]

    def fails(self, message: str) -> None:
        (self.folder / "fails").write_text(message)


@pytest.fixture
def kubectl(tmp_path, monkeypatch) -> Kubectl:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return Kubectl(tmp_path)


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def runs(pid: int) -> bool:
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().rpartition(")")[2].split()[0] != "Z"


def test_port_is_open_until_the_end_of_the_block_and_kubectl_ends_with_it(kubectl):
    with pytest.raises(RuntimeError), forwarded("capstan", "svc/mlflow", 5000) as port:
        [(pid, arguments)] = kubectl.calls()
        assert port == 41234 and runs(pid)
        assert arguments == "port-forward --address 127.0.0.1 -n capstan svc/mlflow :5000"
        raise RuntimeError
    until(lambda: not runs(pid))


def test_pod_that_goes_away_is_followed_by_the_next_on_the_same_port(kubectl):
    with forwarded("capstan", "svc/mlflow", 5000):
        os.kill(kubectl.calls()[0][0], 15)
        until(lambda: len(kubectl.calls()) == 2)
        assert kubectl.calls()[1][1].endswith("svc/mlflow 41234:5000")


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ('Error from server (NotFound): services "mlflow" not found', "make cluster"),
        (
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
            "context",
        ),
    ],
)
def test_port_that_cannot_be_forwarded_is_one_message(kubectl, said, names):
    kubectl.fails(said)
    with pytest.raises(CapstanError, match=names) as error, forwarded("capstan", "svc/mlflow", 5000):
        pass
    assert "\n" not in str(error.value) and len(kubectl.calls()) == 1
    assert type(error.value) is CapstanError


def test_pod_that_starts_again_may_be_back_soon(kubectl):
    kubectl.fails("error: unable to forward port because pod is not running. Current status=Pending")
    with pytest.raises(Unavailable, match="capstan cluster status"), forwarded("capstan", "svc/mlflow", 5000):
        pass


def test_endpoint_that_is_not_there_yet_names_the_command(kubectl):
    kubectl.fails('Error from server (NotFound): services "wine-predictor" not found')
    with (
        pytest.raises(CapstanError, match="capstan --profile cluster run"),
        forwarded("capstan", "svc/wine-predictor", 80),
    ):
        pass


def test_without_kubectl_is_one_message(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CapstanError, match="kubectl is needed"), forwarded("capstan", "svc/mlflow", 5000):
        pass


def test_addresses_of_our_services_become_local_ones_and_others_stay(kubectl):
    values = {
        "tracking": "http://mlflow.capstan:5000",
        "registry": "postgresql+psycopg://feast:pw@postgres.capstan.svc.cluster.local:5432/feast",
        "elsewhere": "https://s3.eu-central-1.amazonaws.com",
    }
    with access.local_addresses(**values) as addresses:
        assert addresses == {
            "tracking": "http://127.0.0.1:41234",
            "registry": "postgresql+psycopg://feast:pw@127.0.0.1:41234/feast",
            "elsewhere": values["elsewhere"],
        }
    assert len(kubectl.calls()) == 2


def test_in_a_pod_nothing_is_forwarded(kubectl, monkeypatch):
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    with access.local_addresses(tracking="http://mlflow.capstan:5000") as addresses:
        assert addresses == {"tracking": "http://mlflow.capstan:5000"}
    assert kubectl.calls() == []


def test_commands_use_the_settings_of_the_cluster_and_give_them_back(kubectl, monkeypatch, home):
    from capstan.settings import settings

    stored = {"CAPSTAN_PROFILE": "cluster", "CAPSTAN_TRACKING_URI": "http://mlflow.capstan:5000"}
    stored |= {"CAPSTAN_HOME": "/var/lib/capstan", "CAPSTAN_TOKEN": "theirs"}
    stored |= {"CAPSTAN_EVIDENTLY_URL": "http://evidently.capstan:8000"}
    monkeypatch.setattr(access, "_stored", lambda: stored)
    monkeypatch.setenv("CAPSTAN_TOKEN", "mine")
    monkeypatch.delenv("CAPSTAN_PROFILE", raising=False)
    before = dict(os.environ)
    with access.connect("CAPSTAN_TRACKING_URI"):
        own = settings()
        assert (own.profile, own.token) == ("cluster", "mine"), "what the user set stays"
        assert own.tracking_uri == "http://127.0.0.1:41234"
        assert own.evidently_url == "http://evidently.capstan:8000", "nobody asked for it"
        assert own.home == home / "cluster"
        with access.connect():
            assert settings().home == home / "cluster"
    assert dict(os.environ) == before and settings().home == home
