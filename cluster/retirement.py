"""Take a capstone down: its InferenceService, its recurring runs, its features in Redis and PostgreSQL."""

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.services.waiting import wait_while
from cluster import api, inference_service, stopping, stores
from cluster.access import local_addresses
from cluster.names import PIPELINES_API, service_name, shared_name
from cluster.run_records import RunRecords, is_of

SECONDS = 90  # for the pods to answer what they have begun, and to move the prediction log


def require_no_run(capstone: str) -> None:
    """Raise CapstanError while a run of a capstone's pipeline goes on."""
    with local_addresses(api=PIPELINES_API) as addresses, RunRecords(addresses["api"]) as runs:
        runs.require_none_of(pipeline_name(capstone), capstone)


def stop_runs(capstone: str) -> list[str]:
    """Stop the runs of a capstone's pipeline, and wait until they have ended. Return which, in words.

    Raises CapstanError when one goes on.
    """
    with local_addresses(api=PIPELINES_API) as addresses, RunRecords(addresses["api"]) as runs:
        name = pipeline_name(capstone)
        return stopping.stop(runs, lambda: (run["run_id"] for run in runs.unfinished(name, capstone)))


def serving(capstone: str) -> list[str]:
    """Return what serves a capstone, in words."""
    return ["its InferenceService"] if api.get(f"{inference_service.PATH}/{service_name(capstone)}") else []


def retire(capstone: str) -> list[str]:
    """Take a capstone down, and wait until no pod serves it. Return what else there was, in words."""
    removed = []
    with local_addresses(api=PIPELINES_API) as addresses, RunRecords(addresses["api"]) as runs:
        for recurring in runs.recurring():  # first: they would bring it back
            if is_of(recurring, {capstone: pipeline_name(capstone)}):
                runs.delete_recurring(recurring["recurring_run_id"])
                removed.append(f"the recurring run {recurring['display_name']}")
    inference_service.delete(capstone)
    if wait_while(lambda: inference_service.pods(capstone), SECONDS):
        raise CapstanError(f"A pod of {capstone} is still there after {SECONDS} s. Run the same command again.")
    if any(stores.rows(capstone).values()):
        stores.discard(capstone)
        removed.append("its online features")
    return removed


def pipeline_name(capstone: str) -> str:
    """Return the name of a capstone's pipeline in Kubeflow Pipelines, also of one whose source was deleted."""
    if capstone in catalogue.names():
        return shared_name(str(catalogue.load_pipeline(capstone).name))
    return shared_name(service_name(capstone))
