"""Which runs and artifacts `capstan clean` removes on a cluster. Two services are stand-ins here; the files are real.

tests/e2e/test_retention.py is about the real ones.
"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from capstan.data.retention_policy import Policy
from capstan.data.storage import Folder
from capstan.errors import CapstanError
from cluster.retention import Cleaning

NOW = datetime.now(UTC)
PIPELINES = {"flight_delay": "flight-delay"}


def run(run_id: str, days: float, state: str = "SUCCEEDED", pipeline: str = "flight-delay", **parameters) -> dict:
    """Return a run as the API describes it, which ended some days ago."""
    then = f"{NOW - timedelta(days):%Y-%m-%dT%H:%M:%SZ}"
    details = {"task_details": [{"child_tasks": [{"pod_name": f"flight-delay-{run_id}-123"}]}]}
    return {
        "run_id": run_id, "state": state, "created_at": then, "finished_at": then, "run_details": details,
        "pipeline_spec": {"pipeline_spec": {"pipelineInfo": {"name": pipeline}}},
        "runtime_config": {"parameters": parameters},
    }  # fmt: skip


class Api:
    """The runs, and those that a list leaves out."""

    def __init__(self, *runs: dict, hidden: tuple[str, ...] = ()):
        self.runs = {item["run_id"]: item for item in runs}
        self.hidden = hidden

    def all(self) -> list[dict]:
        return list(self.runs.values())

    def exists(self, run_id: str) -> bool:
        return run_id in self.runs or run_id in self.hidden

    def delete(self, run_id: str) -> None:
        del self.runs[run_id]


class Metadata:
    """The artifact that each run points to; None for a run that is not known."""

    def __init__(self, **artifacts: str | None):
        self.artifacts = artifacts

    def executions(self, run_id: str) -> list:
        uri = self.artifacts.get(run_id, "")
        artifacts = {"table": SimpleNamespace(uri=f"minio://mlpipeline/{uri}")} if uri else {}
        return [] if uri is None else [SimpleNamespace(artifacts=artifacts)]


@pytest.fixture
def bucket(tmp_path):
    return Folder(tmp_path)


def fill(bucket: Folder, *keys: str) -> None:
    for key in keys:
        bucket.write(key, b"")


def clean(api: Api, bucket, dry: bool = False, **artifacts: str | None) -> tuple:
    policy = Policy(NOW - timedelta(days=30), "", 10, dry)
    return tuple(Cleaning(api, Metadata(**artifacts), bucket, PIPELINES, policy).clean())


def table(run_id: str, file: str = "table/a.csv", pipeline: str = "flight-delay") -> str:
    return f"v2/artifacts/{pipeline}/{run_id}/write/1/{file}"


def test_only_finished_old_runs_of_capstones_are_deleted(bucket):
    api = Api(
        run("old", 31), run("failed", 31, "FAILED"), run("watched", 31, pipeline="monitoring", capstone="flight_delay"),
        run("young", 29), run("goes-on", 31, "RUNNING"), run("unknown", 31, ""), run("other", 31, pipeline="other"),
        run("other-watched", 31, pipeline="monitoring", capstone="other"),
    )  # fmt: skip
    runs, _ = clean(api, bucket)
    assert set(api.runs) == {"young", "goes-on", "unknown", "other", "other-watched"}
    assert (runs.removed, runs.kept) == (3, 3)


def test_run_that_ended_in_1970_is_as_old_as_its_start(bucket):
    young = run("young", 1) | {"finished_at": "1970-01-01T00:00:00Z"}
    api = Api(young)
    clean(api, bucket)
    assert "young" in api.runs


def test_logs_go_with_their_run(bucket):
    logs = [f"private-artifacts/kubeflow/flight-delay-{name}/2026/main.log" for name in ("old", "old2", "young")]
    fill(bucket, *logs)
    clean(Api(run("old", 31), run("young", 1)), bucket)
    assert bucket.keys("private-artifacts") == logs[1:]


def test_artifacts_stay_that_a_run_points_to(bucket):
    """Also when another artifact's name begins with that of the one that is needed."""
    fill(bucket, table("old"), table("old", "table2/a.csv"), table("old", "page"), table("young"))
    api = Api(run("old", 31), run("young", 1))
    _, artifacts = clean(api, bucket, young="v2/artifacts/flight-delay/old/write/1/table")
    assert bucket.keys("v2") == [table("old"), table("young")]
    assert (artifacts.removed, artifacts.kept) == (2, 2)


def test_artifact_that_is_one_file_stays(bucket):
    fill(bucket, table("old", "page"), table("old", "page2"))
    clean(Api(run("old", 31), run("young", 1)), bucket, young="v2/artifacts/flight-delay/old/write/1/page")
    assert bucket.keys("v2") == [table("old", "page")]


def test_artifacts_of_a_run_that_is_gone_already_go(bucket):
    """Of an interrupted command. One that the list leaves out is asked for, and other pipelines are left alone."""
    fill(bucket, table("gone"), table("hidden"), table("gone", pipeline="other"))
    clean(Api(hidden=("hidden",)), bucket)
    assert bucket.keys("v2") == [table("hidden"), table("gone", pipeline="other")]


@pytest.mark.parametrize("state", ["RUNNING", "PENDING", "CANCELING", "PAUSED", ""])
def test_artifacts_stay_while_any_run_goes_on(state, bucket):
    fill(bucket, table("old"))
    api = Api(run("old", 31), run("another", 0, state, pipeline="other"))
    _, artifacts = clean(api, bucket)
    assert bucket.keys("v2") == [table("old")] and "old" not in api.runs
    assert artifacts.removed == 0 and "A run goes on" in artifacts.notes[0]


def test_monitoring_that_goes_on_holds_nothing_up(bucket):
    fill(bucket, table("old"), table("watching", pipeline="monitoring"))
    clean(Api(run("old", 31), run("watching", 0, "RUNNING", "monitoring", capstone="flight_delay")), bucket)
    assert bucket.keys("v2") == [table("watching", pipeline="monitoring")]


def test_artifacts_stay_when_ml_metadata_has_lost_a_run(bucket):
    fill(bucket, table("old"))
    _, artifacts = clean(Api(run("old", 31), run("young", 1)), bucket, young=None)
    assert bucket.keys("v2") == [table("old")] and "does not know the run young" in artifacts.notes[0]


def test_dry_run_counts_what_would_go_and_removes_nothing(bucket):
    fill(bucket, table("old"), "private-artifacts/kubeflow/flight-delay-old/2026/main.log")
    api = Api(run("old", 31))
    runs, artifacts = clean(api, bucket, dry=True)
    assert (runs.removed, artifacts.removed) == (1, 1)
    assert "old" in api.runs and bucket.keys("v2") and bucket.keys("private-artifacts")


def test_store_that_is_not_that_of_kubeflow_pipelines_is_told(tmp_path):
    class Refusing(Folder):
        def keys(self, folder: str) -> list[str]:
            raise CapstanError("The object store refused the bucket 'mlpipeline'.")

    api = Api(run("old", 31))
    runs, artifacts = clean(api, Refusing(tmp_path))
    assert runs.removed == 1 and not api.runs
    assert "Artifacts and logs of runs were left: The object store refused" in artifacts.notes[0]
