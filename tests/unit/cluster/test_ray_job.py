"""A step that waits for its training job, also one that a queue holds back."""

import pytest

from capstan.data.storage import Folder
from capstan.errors import CapstanError
from cluster import ray_job

HELD = {"jobDeploymentStatus": "Suspended"}


@pytest.fixture
def train(cluster, home, tmp_path, monkeypatch):
    """A function: train on a cluster whose RayJob has some statuses, one after the other. It has 0.3 s to start."""
    monkeypatch.setattr(ray_job, "START_SECONDS", 0.3)
    monkeypatch.setattr(ray_job, "POLL_SECONDS", 0.05)
    (tmp_path / "tables").mkdir()

    def run(*statuses):
        with cluster() as there:
            # Ray answers at the same address.
            url = {"dashboardURL": there.url.removeprefix("http://")}
            there.job_statuses = [status | (url if "jobId" in status else {}) for status in statuses]
            there.job_logs = {"first": "fold 1\nfold 2\n", "second": "fold 1\n"}
            storage, folders = Folder(tmp_path / "store"), (tmp_path / "tables", tmp_path / "model")
            ray_job.run(storage, "components.train.remote", "flight_delay", *folders, "{}", 2, "capstan:1")

    return run


def test_job_in_a_queue_waits_longer_than_one_may_take_to_start(train, capsys):
    train({}, *[HELD] * 10, {"jobStatus": "SUCCEEDED", "jobId": "second"})
    printed = capsys.readouterr().out
    assert printed.count("waits in its queue: see `kubectl -n capstan get workloads`") == 1
    assert printed.endswith("fold 1\n")


def test_job_whose_place_others_took_begins_again_and_its_log_is_shown_whole(train, capsys):
    first, second = ({"jobStatus": "RUNNING", "jobId": name} for name in ("first", "second"))
    train(HELD, first, first, HELD, second, second | {"jobStatus": "SUCCEEDED"})
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "waits" not in line] == ["fold 1", "fold 2", "fold 1"]
    assert sum("waits in its queue" in line for line in lines) == 2


@pytest.mark.parametrize("before", [[], [HELD] * 3])
def test_job_that_nothing_holds_back_and_that_does_not_start_is_an_error(train, before):
    with pytest.raises(CapstanError, match=r"has not started after 0.3 s: .*Initializing"):
        train(*before, {"jobDeploymentStatus": "Initializing"})


def test_job_that_fails_is_an_error_with_rays_reason(train):
    with pytest.raises(CapstanError, match=r"The training on Ray failed \(FAILED\): out of memory"):
        train({"jobStatus": "FAILED", "message": "out of memory"})
