"""What Capstan has in Kubeflow Pipelines and in the object store: runs, recurring runs, artifacts, data.

A run is Capstan's when its steps have the label of Capstan's, whatever the capstone is called and whether its
source is still here.
"""

import json
from collections.abc import Callable
from typing import Any

from capstan.data.storage import Bucket
from capstan.errors import CapstanError
from capstan.settings import settings
from cluster import stopping
from cluster.access import connect, local_addresses
from cluster.names import PIPELINES_API, STEP_LABEL
from cluster.retention import ARTIFACTS, BUCKET, delete_logs
from cluster.run_records import RunRecords, is_under_way, pipeline_of

# Below these, Capstan writes to its bucket, which may hold files of others.
FOLDERS = ("data", "features", "jobs", "mlflow", "monitoring", "predictions", "reports")


class Leftovers:
    """What to remove, and what was: in words, `removed` and `stays`."""

    def __init__(self) -> None:
        self.removed: list[str] = []
        self.stays: list[str] = []

    def discard(self, keep_data: bool) -> None:
        """End what would go on, and remove runs and data unless they are to be kept.

        What does not answer stays, which is said.
        """
        self._try("what is in Kubeflow Pipelines and in the bucket", lambda: self._discard(keep_data))

    def _discard(self, keep_data: bool) -> None:
        with connect():
            own = settings()
            with local_addresses(api=PIPELINES_API, s3=own.s3_endpoint) as addresses:
                keys = own.s3_region, own.s3_access_key, own.s3_secret_key
                with RunRecords(addresses["api"]) as runs:
                    artifacts = Bucket(BUCKET, addresses["s3"], *keys)
                    self._try("runs of Kubeflow Pipelines", lambda: self._runs(runs, artifacts, keep_data))
                data = Bucket(own.bucket, addresses["s3"], *keys)
                self._try(f"files in the bucket {own.bucket}", lambda: self._data(data, keep_data))

    def _try(self, what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except CapstanError as error:
            self.stays.append(f"{what}: {error}")

    def _runs(self, runs: RunRecords, artifacts: Bucket, keep_data: bool) -> None:
        recurring = [run for run in runs.recurring() if is_ours(run)]
        for run in recurring:  # first: they would start another run
            runs.delete_recurring(run["recurring_run_id"])
        self._count(self.removed, len(recurring), "recurring runs")
        stopping.stop(runs, lambda: (run["run_id"] for run in runs.all() if is_ours(run) and is_under_way(run)))
        ours = {run["run_id"]: run for run in runs.all() if is_ours(run)}
        if keep_data:
            self._count(self.stays, len(ours), "runs of Kubeflow Pipelines, with their artifacts")
            return
        for run_id, run in ours.items():
            delete_logs(artifacts, run)
            runs.delete(run_id)
        self._count(self.removed, len(ours), "runs of Kubeflow Pipelines")
        files = 0
        for name in {pipeline_of(run) for run in ours.values()}:
            for key in artifacts.keys(f"{ARTIFACTS}/{name}"):
                run_id = key.removeprefix(f"{ARTIFACTS}/{name}/").split("/")[0]
                if run_id in ours or not runs.exists(run_id):
                    artifacts.remove(key)
                    files += 1
        self._count(self.removed, files, "artifacts of runs")

    def _data(self, bucket: Bucket, keep_data: bool) -> None:
        keys = [key for folder in FOLDERS for key in bucket.keys(folder)]
        where = f"files in the bucket {bucket.bucket}"
        if keep_data:
            self._count(self.stays, len(keys), where)
            return
        for key in keys:
            bucket.remove(key)
        self._count(self.removed, len(keys), where)
        self._count(self.stays, len(bucket.keys("")), f"{where} that are not Capstan's")

    def _count(self, lines: list[str], number: int, what: str) -> None:
        if number:
            lines.append(f"{number} {what}")


def is_ours(run: dict[str, Any]) -> bool:
    """Return whether the pods of a run, or of a recurring one, have the label of Capstan's steps."""
    return json.dumps(STEP_LABEL) in json.dumps(run.get("pipeline_spec", {}))
