"""What runs in MLflow hold, through its REST API: metrics and files."""

from collections.abc import Collection
from typing import Any

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.versions import registry


def run_metrics(run_id: str) -> dict[str, float]:
    """Return the metrics that a run logged."""
    reply = registry.call("GET", "runs/get", run_id=run_id)
    return {metric["key"]: metric["value"] for metric in reply["run"]["data"].get("metrics", [])}


def metrics_of_runs(run_ids: Collection[str]) -> dict[str, dict[str, float]]:
    """Return the metrics that some runs logged, by the run's id, in two requests."""
    if not run_ids:
        return {}
    known = registry.call("GET", "experiments/search", max_results=1000).get("experiments", [])
    experiments = [experiment["experiment_id"] for experiment in known]
    wanted = ", ".join(f"'{run_id}'" for run_id in sorted(run_ids))
    reply = registry.call(
        "POST",
        "runs/search",
        experiment_ids=experiments,
        filter=f"attributes.run_id IN ({wanted})",
        max_results=len(run_ids),
    )
    return {
        run["info"]["run_id"]: {metric["key"]: metric["value"] for metric in run["data"].get("metrics", [])}
        for run in reply.get("runs", [])
    }


def download(run_id: str, path: str, folder: str) -> None:
    """Download files that a run logged into a folder. Raises CapstanError when they cannot be."""
    mlflow = registry.library()
    try:
        mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=path, dst_path=folder)
    except (mlflow.MlflowException, OSError) as error:
        raise CapstanError(f"{path} of the run {run_id} cannot be downloaded: {error}") from error


def logged_json(run_id: str, path: str) -> dict[str, Any]:
    """Return the object in a JSON file that a run logged, or an empty one where there is none."""
    where = {"run_uuid": run_id, "path": path}
    reply = registry.request("GET", f"{settings().tracking_uri}/get-artifact", params=where)
    if not reply.is_success:
        return {}
    content: dict[str, Any] = reply.json()
    return content
