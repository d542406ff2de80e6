"""What `capstan clean` removes on a cluster, as its CronJob and as a command; a capstone retired and brought back."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from io import BytesIO

import httpx
import pandas as pd
import pytest

from capstan.versions import model_version, registry
from cluster.access import connect, local_addresses
from cluster.metadata import Metadata
from cluster.names import METADATA
from cluster.runs import Runs
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, FLIGHT, PODS, SERVICE
from tests.support.kept_pipeline import kept

pytestmark = [pytest.mark.rotating, pytest.mark.alone]

GONE = "e2e_gone"  # a capstone of the registry alone, as when its source was deleted
JOB = "clean-e2e"


class Run:
    """A finished run of a pipeline that has the flagship's name, so that it is one of its runs."""

    def __init__(self, run_id: str, services, metadata: str):
        self.id, self.services = run_id, services
        run = kube.wait_until(self._ended, 120, "the end of the run")
        assert run["state"] == "SUCCEEDED"
        [self.workflow] = [item["metadata"]["name"] for item in self.objects("workflows.argoproj.io")]
        with Metadata(metadata) as client:
            [step] = [item for item in client.executions(run_id) if item.task == "write"]
        self.cached, self.table = step.cached, step.artifacts["table"].uri.removeprefix("minio://mlpipeline/")

    def _ended(self) -> dict | None:
        run = self.services.run(self.id)
        return run if run.get("state") in ("SUCCEEDED", "FAILED") else None

    def objects(self, kind: str) -> list[dict]:
        return kube.get(kind, selector=f"pipeline/runid={self.id}", namespace="kubeflow")["items"]

    def logs(self) -> list[str]:
        return keys(self.services, "mlpipeline", f"private-artifacts/kubeflow/{self.workflow}/")

    def is_there(self) -> bool:
        url = f"{self.services.url('pipelines')}/apis/v2beta1/runs/{self.id}"
        return httpx.get(url).status_code != httpx.codes.NOT_FOUND


def keys(services, bucket: str, prefix: str) -> list[str]:
    return [item["Key"] for item in services.s3().list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def sql(statement: str) -> str:
    """Ask the database of Kubeflow Pipelines."""
    command = ["mysql", "-h127.0.0.1", "-uroot", "mlpipeline", "--batch", "--skip-column-names", "-e", statement]
    return kube.kubectl("exec", "--namespace=kubeflow", "deploy/mysql", "--", *command).strip()


def cache_entries(*runs: Run) -> int:
    return int(sql(f"SELECT count(*) FROM tasks WHERE RunUUID IN ({', '.join(repr(run.id) for run in runs)})"))


@pytest.fixture(scope="module")
def three_runs(cluster, ran, services) -> tuple[Run, Run, Run]:
    """A run, one whose step came from its cache, and another run. The first and the last were 31 days ago."""
    services.wait_for_other_runs()
    pipeline, seeds = kept(cluster, SERVICE), [uuid.uuid4().hex for _ in range(2)]
    with connect(), Runs(services.url("pipelines")) as runs, local_addresses(metadata=METADATA) as addresses:
        first, last = (runs.submit(pipeline, {"seed": seed}) for seed in seeds)
        first, last = Run(first, services, addresses["metadata"]), Run(last, services, addresses["metadata"])
        cached = Run(runs.submit(pipeline, {"seed": seeds[0]}), services, addresses["metadata"])
    assert cached.cached and cached.table == first.table and not last.cached
    old = ", ".join(repr(run.id) for run in (first, last))
    ago = 31 * 86_400
    columns = ", ".join(f"{name} = {name} - {ago}" for name in ("CreatedAtInSec", "FinishedAtInSec"))
    sql(f"UPDATE run_details SET {columns} WHERE UUID IN ({old})")
    return first, cached, last


@pytest.fixture(scope="module")
def cleaned(three_runs, services) -> str:
    """What the CronJob's pod says, started now."""
    assert all(run.logs() and run.objects("pods") for run in three_runs) and cache_entries(*three_runs) >= 2
    kube.kubectl("create", "job", JOB, "--from=cronjob/clean", "--namespace=capstan")
    try:
        kube.kubectl("wait", f"job/{JOB}", "--for=condition=complete", "--timeout=90s", "--namespace=capstan")
        yield kube.kubectl("logs", f"job/{JOB}", "--namespace=capstan")
    finally:
        kube.kubectl("delete", "job", JOB, "--namespace=capstan")


def test_old_runs_go_with_all_that_is_theirs(three_runs, cleaned):
    first, _cached, last = three_runs
    assert "runs" in cleaned and " 2 removed" in cleaned
    for run in (first, last):
        assert not run.is_there() and not run.logs()
        kube.wait_until(lambda run=run: not (run.objects("workflows.argoproj.io") or run.objects("pods")))
    assert cache_entries(first, last) == 0


def test_artifact_of_an_old_run_stays_as_long_as_another_run_points_to_it(three_runs, cleaned, services):
    first, cached, last = three_runs
    assert keys(services, "mlpipeline", f"{cached.table}/") == [f"{cached.table}/a.csv"]
    assert not keys(services, "mlpipeline", last.table.partition("/write/")[0] + "/")
    others = [
        key for key in keys(services, "mlpipeline", first.table.partition("/write/")[0]) if cached.table not in key
    ]
    assert all("executor-logs" in key for key in others)


def test_other_runs_and_versions_stay(three_runs, cleaned, submitted, services):
    assert three_runs[1].is_there() and three_runs[1].logs() and three_runs[1].objects("pods")
    assert services.run(submitted.run_id)["state"] == "SUCCEEDED"
    assert services.rollout()["champion"] in services.versions()


@pytest.fixture(scope="module")
def gone(ran, services, tmp_path_factory) -> list[dict]:
    """Two versions of a capstone of the registry alone, with pages, and predictions of two days."""
    import mlflow

    entries, today, files = [], datetime.now(UTC).date(), tmp_path_factory.mktemp("version")
    (files / "model.pkl").write_text("a model")
    model = {"name": "model", "loader_module": model_version.__name__, "data_path": str(files), "pip_requirements": []}
    with connect("CAPSTAN_TRACKING_URI", "CAPSTAN_S3_ENDPOINT"):
        registry.library().set_experiment(GONE)
        for number in (1, 2):
            with mlflow.start_run() as run:
                logged = mlflow.pyfunc.log_model(**model)
            entry = registry.create_version(GONE, logged.model_id, run.info.run_id, {"verdict": "accepted"})
            page = f"reports/{GONE}/version-{entry.version}-on-0123.html"
            services.s3().put_object(Bucket="capstan", Key=page, Body=b"page")
            entries.append({"number": entry.version, "model": logged.model_id, "page": page})
            table = BytesIO()
            pd.DataFrame({"model": [GONE]}).to_parquet(table)
            day = today - timedelta(days=91 * (number - 1))
            entries[-1]["log"] = f"predictions/model={GONE}/date={day}/a.parquet"
            services.s3().put_object(Bucket="capstan", Key=entries[-1]["log"], Body=table.getvalue())
        yield entries
        registry.call("DELETE", "registered-models/delete", name=GONE)


def test_old_versions_and_predictions_go_for_good(gone, services):
    def files(entry: dict) -> list[str]:
        return [key for key in keys(services, "capstan", "mlflow/") if entry["model"] in key]

    old, new = gone
    assert files(old) and files(new)
    done = kube.answer("clean", GONE, "--dry-run", CAPSTAN_KEEP_VERSIONS="1")
    assert files(old)
    done = kube.answer("clean", GONE, CAPSTAN_KEEP_VERSIONS="1")
    counts = {kind["kind"]: (kind["removed"], kind["kept"]) for kind in done["kinds"]}
    assert (counts["versions"], counts["reports"], counts["predictions"]) == ((1, 1), (1, 1), (1, 1))
    assert not files(old) and files(new)
    there = keys(services, "capstan", f"reports/{GONE}/") + keys(services, "capstan", f"predictions/model={GONE}/")
    assert set(there) == {new["page"], old["log"]}  # the first is of today, the second of 91 days ago


def test_capstone_is_taken_down_and_a_run_brings_it_back(ran, services):
    before, champion = services.versions(), services.rollout()["champion"]
    done = kube.answer("retire", CAPSTONE)
    for what in (f"version {champion}, the champion", "its InferenceService", "its online features"):
        assert what in done["retired"]
    assert not kube.pods(PODS) and not kube.get("inferenceservices", selector=f"capstan/capstone={CAPSTONE}")["items"]
    assert services.versions() == before and not services.rollout()["champion"]
    message = kube.capstan("retire", CAPSTONE).stderr
    assert "is not deployed, so there is nothing to retire" in message
    again = services.summary()
    assert again["version"] == champion == services.rollout()["champion"]
    request = json.dumps(FLIGHT)
    entities = [f"--entity={name}={value}" for name, value in json.loads(request).items()]
    assert kube.answer("predict", CAPSTONE, *entities)["predictions"][0]["model_version"] == champion
