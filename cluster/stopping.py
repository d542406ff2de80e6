"""Stopping runs of Kubeflow Pipelines, also those that it cannot stop itself.

It stops a run through its Workflow. A run whose Workflow somebody deleted stays under way for ever, and `:terminate` is
an error, so its record is deleted.
"""

import time
from collections.abc import Callable, Iterable

from capstan.errors import CapstanError
from cluster import run_pods
from cluster.run_records import RunRecords

SECONDS = 90  # for stopped runs to end


def stop(runs: RunRecords, under_way: Callable[[], Iterable[str]]) -> list[str]:
    """Stop the runs whose ids `under_way` returns, and wait until it returns none. Return which, in words.

    Raises CapstanError when one goes on.
    """
    stopped: dict[str, str] = {}
    deadline = time.monotonic() + SECONDS
    while left := [*under_way()]:
        for run_id in left:
            if run_id not in stopped:
                stopped[run_id] = f"the run {run_id}{request_end(runs, run_id)}"
        if time.monotonic() > deadline:
            raise CapstanError(f"The run {left[0]} has not ended after {SECONDS} s. Run the same command again.")
        time.sleep(1)
    return [*stopped.values()]


def request_end(runs: RunRecords, run_id: str) -> str:
    """Have a run end soon, and return what is special about that, in words. Raises CapstanError."""
    if run_pods.read(run_id).orphaned():
        runs.delete(run_id)
        return ", with its record, because its Workflow was deleted"
    runs.terminate(run_id)
    return ""
