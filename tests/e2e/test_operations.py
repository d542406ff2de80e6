"""What docs/operations.md asks operators to do: new secrets, a backup, and restoring it. It takes about eight minutes.

The commands are those of the page. They end the endpoint, so they come after all other tests.
"""

import httpx
import pytest

from tests.e2e import kube
from tests.e2e.backup import Backup, run, written_under
from tests.e2e.endpoint import CAPSTONE, FLIGHT, PODS, PROBABILITY, SERVICE, predicted
from tests.e2e.services import Services

pytestmark = [pytest.mark.long, pytest.mark.alone]
SECRETS = ("The token", "MLflow's database password", "Feast's database password", "Redis's password")


def works() -> None:
    """Check that what uses the secrets does: the endpoint with its online store and registry, MLflow, a run."""
    for kind, name in (("deploy", "mlflow"), ("deploy", "evidently"), ("sts", "redis")):
        kube.kubectl("rollout", "status", f"{kind}/{name}", "--namespace=capstan", "--timeout=300s", timeout=310)
    kube.wait_until(lambda: (pods := kube.pods(PODS)) and all(map(kube.ready, pods)), 300, "the endpoint's return")
    with Services() as services:
        assert services.versions()
        summary = services.summary()
        assert summary["verdict"] == "accepted"
    assert predicted() == PROBABILITY


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
            httpx.post(url, json={"instances": [FLIGHT]}, headers=client.bearer).status_code
            for client in (services, now)
        ]
        assert codes == [401, 200]


def test_backup_is_restored_into_an_empty_cluster(ran, tmp_path):
    """Empty of what is Capstan's: its namespace, with every volume, and its bucket."""
    backup = Backup(tmp_path)
    with Services() as services:
        services.wait_for_other_runs()
        versions = services.versions()
        backup.save()
        services.empty_bucket()
    kube.kubectl("delete", "inferenceservices", "--all", "--namespace=capstan", "--timeout=120s", timeout=130)
    kube.kubectl("delete", "namespace", "capstan", "--timeout=300s", timeout=310)
    done = kube.capstan("cluster", "up")
    assert done.returncode == 0, done.stderr
    with Services() as services:
        assert services.versions() == []
    backup.restore()
    with Services() as services:
        assert services.versions() == versions
        services.summary()
    works()
