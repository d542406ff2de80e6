"""Erase a version for good. MLflow's own deletion keeps the files, for an `mlflow gc` that nobody runs.

MLflow's server removes the files where it keeps them, so this needs neither its database nor its bucket. The version's
entry goes last: after an interruption it is still found, and erased again.
"""

from capstan.errors import CapstanError
from capstan.versions.registry import ModelVersion, call

SERVED = "mlflow-artifacts:/"  # files that MLflow's server keeps


def erase(version: ModelVersion, others: list[ModelVersion]) -> None:
    """Delete a version, its model and run, and their files, but for what one of the others shares."""
    if version.model_id not in {kept.model_id for kept in others}:
        model = call("GET", f"logged-models/{version.model_id}", missing_ok=True).get("model", {})
        _delete_files(version, model.get("info", {}).get("artifact_uri", ""), version.model_id)
        call("DELETE", f"logged-models/{version.model_id}", missing_ok=True)
    if version.run_id not in {kept.run_id for kept in others}:
        run = call("GET", "runs/get", missing_ok=True, run_id=version.run_id).get("run", {})
        _delete_files(version, run.get("info", {}).get("artifact_uri", ""), version.run_id)
        call("POST", "runs/delete", missing_ok=True, run_id=version.run_id)
    call("DELETE", "model-versions/delete", missing_ok=True, name=version.name, version=version.version)


def _delete_files(version: ModelVersion, uri: str, owner: str) -> None:
    """Delete the folder of a model or run, `EXPERIMENT/.../OWNER/artifacts`, with all in it."""
    if not uri:  # an earlier, interrupted command has deleted it
        return
    folder = uri.removeprefix(SERVED).strip("/").removesuffix("/artifacts")
    if not uri.startswith(SERVED) or not owner or not folder.endswith(f"/{owner}"):
        raise CapstanError(
            f"The files of version {version.version} of {version.name} are in {uri}, where MLflow's server does not "
            "remove them. Delete them and the version by hand, or raise CAPSTAN_KEEP_VERSIONS."
        )
    call("DELETE", f"artifacts/{folder}", missing_ok=True)
