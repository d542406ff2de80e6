"""A store loses its data: `status` says so, `up` makes what is needed, and a backup or a run brings back predictions.

PostgreSQL, Redis and the bucket, each alone and all together. It takes about half an hour.
"""

import pytest

from tests.e2e import kube
from tests.e2e.backup import Backup
from tests.e2e.endpoint import PODS, PROBABILITY, predicted
from tests.e2e.services import Services

pytestmark = [pytest.mark.long, pytest.mark.alone]


@pytest.fixture(scope="module")
def backup(ran, tmp_path_factory) -> Backup:
    """A backup from before all losses. `versions` are those of the flagship then."""
    saved = Backup(tmp_path_factory.mktemp("backup"))
    with Services() as services:
        services.wait_for_other_runs()
        saved.versions = services.versions()
    assert troubles() == []
    saved.save()
    return saved


def troubles() -> list[str]:
    return kube.answer("cluster", "status")["troubles"]


def say(*beginnings: str) -> None:
    """Check how each of the troubles begins, and that it is one line that says what to do."""
    now = troubles()
    assert len(now) == len(beginnings) and all(map(str.startswith, now, beginnings)), now
    assert not any("\n" in trouble for trouble in now) and all("run" in trouble for trouble in now), now


def up() -> None:
    done = kube.capstan("cluster", "up")
    assert done.returncode == 0, done.stderr


def run_again() -> dict:
    """Run the flagship; return its summary."""
    with Services() as services:
        summary = services.summary()
    assert summary["verdict"] == "accepted"
    return summary


def lose_volume(name: str) -> None:
    """Give a store a new, empty volume, as after the loss of a disk."""
    here = "--namespace=capstan"
    kube.kubectl("scale", f"statefulset/{name}", "--replicas=0", here)
    kube.kubectl("wait", f"pod/{name}-0", "--for=delete", here, "--timeout=120s", timeout=130)
    kube.kubectl("delete", "pvc", f"data-{name}-0", here, "--timeout=120s", timeout=130)
    kube.kubectl("scale", f"statefulset/{name}", "--replicas=1", here)
    kube.kubectl("rollout", "status", f"statefulset/{name}", here, "--timeout=180s", timeout=190)


def lose_objects() -> None:
    with Services() as services:
        services.empty_bucket()


def restart_endpoint() -> None:
    """Have the endpoint load everything again."""
    kube.kubectl("delete", "pod", f"--selector={PODS}", "--namespace=capstan")
    kube.wait_until(lambda: (pods := kube.pods(PODS)) and all(map(kube.ready, pods)), 300, "the endpoint's return")


def test_redis_is_filled_by_a_run(backup):
    lose_volume("redis")
    say("Redis has no features")
    up()
    say("Redis has no features")
    run_again()
    assert troubles() == [] and predicted() == PROBABILITY


def test_postgresql_is_restored_from_a_backup(backup):
    lose_volume("postgres")
    say("PostgreSQL lacks its database", "MLflow lacks its database")
    up()
    say("MLflow knows no version")
    backup.restore()
    with Services() as services:
        assert services.versions() == backup.versions
    assert troubles() == []
    run_again()
    restart_endpoint()
    assert predicted() == PROBABILITY


def test_postgresql_without_a_backup_is_filled_by_a_run(backup):
    lose_volume("postgres")
    up()
    assert run_again()["version"] == "1"
    restart_endpoint()
    assert troubles() == [] and predicted() == PROBABILITY


def test_bucket_without_a_backup_gets_a_new_version_of_the_same_model(backup):
    with Services() as services:
        before = services.versions()
    lose_objects()
    say("S3 has no version")
    up()
    assert run_again()["version"] == str(int(before[0]) + 1)
    restart_endpoint()
    assert troubles() == [] and predicted() == PROBABILITY


def test_all_together_are_restored_from_a_backup(backup):
    for name in ("postgres", "redis"):
        lose_volume(name)
    lose_objects()
    say("PostgreSQL lacks its database", "MLflow lacks its database")
    up()
    backup.restore()
    with Services() as services:
        assert services.versions() == backup.versions
    say("Redis has no features")
    run_again()
    restart_endpoint()
    assert troubles() == [] and predicted() == PROBABILITY
