"""Old runs of Kubeflow Pipelines, and their artifacts.

Deleting a run deletes its entries of the cache, its Workflow and, with that, its pods. Its artifacts stay where they
are, and a step from the cache points to the artifacts of the run that computed them. So artifacts are removed last,
when no run goes on, and only those of runs that are gone and that no run which is left points to.
"""

from typing import Any
from urllib.parse import urlsplit

from capstan.data.retention_policy import Policy, Removed
from capstan.data.storage import Bucket, Storage
from capstan.errors import CapstanError
from capstan.settings import settings
from cluster.access import local_addresses
from cluster.metadata import Metadata
from cluster.names import KFP_NAMESPACE, METADATA, NAMESPACE, PIPELINES_API
from cluster.retirement import pipeline_name
from cluster.run_records import OF_ANY, RunRecords, is_of, pipeline_of

BUCKET = "mlpipeline"  # where Kubeflow Pipelines keeps artifacts, by default
NEEDLESS = "files that no run needs"
FINISHED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
ARTIFACTS = "v2/artifacts" if NAMESPACE == "capstan" else f"teams/{NAMESPACE}"
LOGS = f"private-artifacts/{KFP_NAMESPACE}"  # of all teams: Argo has one place for the logs of a namespace


def clean_runs(capstones: list[str], policy: Policy) -> list[Removed]:
    """Delete finished runs of capstones' pipelines that are older than the policy's time, and what only they need."""
    own = settings()
    names = {capstone: pipeline_name(capstone) for capstone in capstones}
    with local_addresses(api=PIPELINES_API, metadata=METADATA, s3=own.s3_endpoint) as addresses:
        bucket = Bucket(BUCKET, addresses["s3"], own.s3_region, own.s3_access_key, own.s3_secret_key)
        with RunRecords(addresses["api"]) as runs, Metadata(addresses["metadata"]) as metadata:
            return Cleaning(runs, metadata, bucket, names, policy).clean()


class Cleaning:
    """One time through. `bucket` has the artifacts; `pipelines` are the names of capstones' pipelines, by capstone."""

    def __init__(
        self, runs: RunRecords, metadata: Metadata, bucket: Storage, pipelines: dict[str, str], policy: Policy
    ):
        self.runs, self.metadata, self.bucket = runs, metadata, bucket
        self.pipelines, self.policy = pipelines, policy

    def clean(self) -> list[Removed]:
        """Delete old runs, then artifacts."""
        rule = f"finished, older than {settings().keep_runs_days} days"
        own = [run for run in self.runs.all() if is_of(run, self.pipelines)]
        old = {run["run_id"]: run for run in own if self._is_old(run)}
        problem = self._problem()
        for run_id, run in old.items() if not self.policy.dry else ():
            if not problem:
                delete_logs(self.bucket, run)
            self.runs.delete(run_id)
        result = Removed("runs", rule, len(old), len(own) - len(old))
        if problem:
            return [result, Removed("artifacts of runs", NEEDLESS, notes=(problem,))]
        return [result, self._clean_artifacts(set(old))]

    def _problem(self) -> str:
        """Return why artifacts cannot be cleaned: Kubeflow Pipelines may keep them in a separate store."""
        try:
            self.bucket.keys(f"{ARTIFACTS}/none")
        except CapstanError as error:
            return f"Artifacts and logs of runs were left: {error}"
        return ""

    def _is_old(self, run: dict[str, Any]) -> bool:
        # Times of the API are UTC and written alike, so they compare as text. That of an end may be missing, or 1970.
        ended = max(run["created_at"], run.get("finished_at", ""))
        return run.get("state") in FINISHED and ended < self.policy.runs_before.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _clean_artifacts(self, old: set[str]) -> Removed:
        """Remove artifacts of runs that are gone, also when an earlier, interrupted command deleted them."""
        result = Removed("artifacts of runs", NEEDLESS)
        # Artifacts first, then runs: the run of each artifact in this listing is in the next one, unless it is gone.
        by_pipeline = {
            name: self.bucket.keys(f"{ARTIFACTS}/{name}") for name in sorted({*self.pipelines.values(), *OF_ANY})
        }
        runs = {run["run_id"]: run for run in self.runs.all()}
        # Runs of the monitoring and of the scoring use no artifacts of others, and one may go on at any time.
        if any(run.get("state") not in FINISHED and pipeline_of(run) not in OF_ANY for run in runs.values()):
            result.notes = ("A run goes on, and may use artifacts of earlier ones: they were left for the next time.",)
            return result
        left = {run_id: self.metadata.executions(run_id) for run_id in runs if run_id not in old}
        for run_id, executions in left.items():
            if not executions and runs[run_id]["state"] == FINISHED[0]:
                result.notes = (f"ML Metadata does not know the run {run_id}, so artifacts of runs were left.",)
                return result
        needed = {
            urlsplit(artifact.uri).path.strip("/")
            for executions in left.values()
            for execution in executions
            for artifact in execution.artifacts.values()
        }
        gone: dict[str, bool] = {}
        for key in (key for keys in by_pipeline.values() for key in keys):
            run_id = key.removeprefix(f"{ARTIFACTS}/").split("/")[1]
            if run_id not in gone:
                gone[run_id] = run_id not in left and (run_id in old or not self.runs.exists(run_id))
            if not gone[run_id] or _within(key, needed):
                result.kept += 1
                continue
            result.removed += 1
            if not self.policy.dry:
                self.bucket.remove(key)
        return result


def _within(key: str, artifacts: set[str]) -> bool:
    """Return whether a file is one of some artifacts, or in the folder of one."""
    return key in artifacts or any(key[:end] in artifacts for end, sign in enumerate(key) if sign == "/")


def delete_logs(bucket: Storage, run: dict[str, Any]) -> None:
    """Delete what Argo has archived of a run, by Workflow. A task's name there is that of the Workflow and a number."""
    tasks = run.get("run_details", {}).get("task_details", [])
    named = {child.get("pod_name", "") for task in tasks for child in task.get("child_tasks", [])}
    for workflow in {name.rpartition("-")[0] for name in named} - {""}:
        for key in bucket.keys(f"{LOGS}/{workflow}"):
            bucket.remove(key)
