"""Recurring runs of Kubeflow Pipelines: the monitoring of a capstone, or its scoring of a table, again and again."""

from typing import Any

from capstan.errors import CapstanError
from cluster import package
from cluster.names import STEPS_ACCOUNT, service_name, shared_name
from cluster.run_records import RunRecords
from cluster.runs import EXPERIMENT, reason


def start(url: str, pipeline: Any, capstone: str, seconds: int, parameters: dict[str, Any]) -> str:
    """Run a pipeline every so many seconds, in place of the recurring run of it that a capstone has. Return its id.

    Two runs never overlap, and those that were missed are not made up for: the next one sees the same predictions.
    """
    import kfp

    with package.written(pipeline) as path:
        try:
            client = kfp.Client(host=url)
            recurring_run = client.create_recurring_run(
                client.create_experiment(EXPERIMENT).experiment_id,
                _name(pipeline.name, capstone),
                interval_second=seconds,
                max_concurrency=1,
                no_catchup=True,
                pipeline_package_path=path,
                params=parameters,
                service_account=STEPS_ACCOUNT,
                pipeline_root=package.ROOT,
            )
        except Exception as error:  # of the client, of its HTTP library, of kfp's server API
            raise CapstanError(f"Kubeflow Pipelines did not take the recurring run: {reason(error)}") from error
    stop(url, pipeline.name, capstone, keep=recurring_run.recurring_run_id)
    return str(recurring_run.recurring_run_id)


def stop(url: str, pipeline: str, capstone: str, keep: str = "") -> int:
    """End the recurring runs of a capstone's pipeline but for one; return how many. A run that goes on ends by itself.

    pipeline: its name, "monitoring" or "scoring".
    """
    name = _name(pipeline, capstone)
    with RunRecords(url) as records:
        run_ids = [run["recurring_run_id"] for run in records.recurring() if run["display_name"] == name]
        old = [run_id for run_id in run_ids if run_id != keep]
        for run_id in old:
            records.delete_recurring(run_id)
    return len(old)


def _name(pipeline: str, capstone: str) -> str:
    return f"{shared_name(pipeline)}-{service_name(capstone)}"
