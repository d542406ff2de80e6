"""Following one run of Kubeflow Pipelines to its end, also one that would hang for ever."""

import time
from typing import Any, TextIO

from capstan.errors import CapstanError, TemporaryFailure
from capstan.runner import failure
from capstan.runner.progress import Listener
from cluster import logs, run_pods
from cluster.follow import Event, Follower, steps_of
from cluster.metadata import Execution, Metadata
from cluster.run_records import UNFINISHED, is_under_way
from cluster.runs import Runs
from cluster.stopping import request_end

POLL_SECONDS = 1
CHECK_SECONDS = 15  # between two checks of the pods; one that waits for longer may have a reason
DEAD_SECONDS = 60  # Kubeflow Pipelines ends a run much earlier when nothing in it can go on
STOP_SECONDS = 60  # for a run that is stopped to end
SETTLE_SECONDS = 5  # the API may report the end of a run before that of its last steps


class LostPod(TemporaryFailure):
    """A run ended because a step lost its pod or got none, not by an error of its own. The run can be started again."""


class Watch:
    """Follows a run: informs the listener, and writes the log of each step to a file."""

    def __init__(self, run_id: str, runs: Runs, metadata: Metadata, file: TextIO, on_event: Listener):
        self.run_id, self.runs, self.metadata = run_id, runs, metadata
        self.file, self.on_event = file, on_event
        self.seen: set[int] = set()  # executions
        self.failure, self.kind = "", CapstanError
        self.said: set[str] = set()  # notes about pods
        self.moving = self.checked = self.alive = time.monotonic()  # when no pod waited, all were checked, one worked
        self.hung = run_pods.RunPods()  # the pods of a run that hung, before it was stopped

    def until_ended(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Return the run when it has ended. Raises CapstanError when it cannot be followed any more.

        A run in which nothing can go on, and which Kubeflow Pipelines does not end, is stopped.
        """
        follower = Follower(steps_of(spec))
        settled = 0.0
        while True:
            run = self.runs.get(self.run_id)
            tasks = run.get("run_details", {}).get("task_details", [])
            for event in follower.read(tasks):
                self._tell(event)
            if not is_under_way(run):
                settled = settled or time.monotonic() + SETTLE_SECONDS
                if time.monotonic() > settled or all(task.get("state") not in UNFINISHED for task in tasks):
                    return run
            elif self._hangs(any(task.get("state") == "PENDING" for task in tasks)):
                return self._stop()
            time.sleep(POLL_SECONDS)

    def require_success(self, run: dict[str, Any]) -> None:
        """Raise CapstanError with the reason when a run that has ended did not end well; LostPod, if that was why."""
        if run["state"] == "SUCCEEDED":
            return
        where = f"\nThe log is {self.file.name}. See also `kfp run get {self.run_id}`."
        pods = self.hung if self.hung.dead() else run_pods.read(self.run_id)
        if (run["state"] == "CANCELED" or pods.stopped()) and not self.hung.dead():
            raise CapstanError(f"The run {self.run_id} was stopped.{where}")
        if (lost := [*self._lost(pods), *self._failed_drivers(pods)]) and not pods.failed():
            raise LostPod(f"{' '.join(lost)}{where}")
        raise self.kind(f"{self.failure or self._explain(run, pods)}{where}")

    def _tell(self, event: Event) -> None:
        if event.state == "started":
            self.on_event(event.step, "started", 0.0)
            return
        execution = self._execution(event.step)
        cached = execution is not None and execution.cached
        log = logs.read(execution) if execution and not cached else ""
        state, seconds = ("cached", 0.0) if cached else (event.state, event.seconds)
        self.file.write(f"---- {event.step}: {state} {seconds:.0f} s\n{log}\n")
        self.on_event(event.step, state, seconds)
        for note in logs.notes(log):
            self.on_event(note, "note", 0.0)
        if state == "failed" and log and not self.failure:
            self.failure, self.kind = f"Step {event.step} failed: {logs.message(log)}", failure.kind(log)

    def _execution(self, step: str) -> Execution | None:
        """Return the execution of a step that ended, the oldest that was not reported yet."""
        for execution in self.metadata.executions(self.run_id):
            if execution.task == step and execution.id not in self.seen and execution.state not in ("new", "running"):
                self.seen.add(execution.id)
                return execution
        return None

    def _explain(self, run: dict[str, Any], pods: run_pods.RunPods) -> str:
        """Return why a run failed where no step says so: its driver failed, or a pod was killed."""
        what, why = f"The run {self.run_id}", ""
        if pod := pods.last_failed():
            name = pod["metadata"]["name"]
            what, (log, why) = f"The pod {name}", logs.of_pod(pod)
            self.file.write(f"---- {name}\n{log}\n")
        message = why or pods.argo_says() or run.get("error", {}).get("message", "")
        return f"{what} failed: {message or 'no step says why'}"

    def _hangs(self, waits: bool) -> bool:
        """Check the pods now and then; return whether nothing in the run could go on for a while.

        waits: for a pod, which may be for an image, a free CPU or a node. It is said once why: that may take hours.
        """
        now = time.monotonic()
        self.moving = self.moving if waits else now
        if now - self.checked < CHECK_SECONDS:
            return False
        self.checked = now
        pods = run_pods.read(self.run_id)
        for step in pods.replace_stuck():
            self._note(f"The pod of {step} did not start, as when its node restarts under it. It gets another.")
        self._note(pods.away() or (pods.waiting() if now - self.moving > CHECK_SECONDS else ""))
        self._lost(pods)
        if not (pods.dead() or pods.orphaned()):
            self.alive = now
        self.hung = pods if now - self.alive > DEAD_SECONDS else self.hung
        return self.hung.dead() or self.hung.orphaned()

    def _lost(self, pods: run_pods.RunPods) -> list[str]:
        """Return which steps lost their pods, in sentences that were said."""
        lost = [f"The pod of {step} was lost: {why}." for step, why in sorted(pods.lost().items())]
        for text in lost:
            self._note(text)
        return lost

    def _failed_drivers(self, pods: run_pods.RunPods) -> list[str]:
        """Return what Kubeflow Pipelines could not do, as while its services restart, in sentences that were said."""
        failed = []
        for step, pod in sorted(pods.failed_drivers().items()):
            log, why = logs.of_driver(pod)
            self.file.write(f"---- driver of {step}\n{log}\n")
            failed.append(f"Kubeflow Pipelines could not prepare {step}: {why}.")
            self._note(failed[-1])
        return failed

    def _note(self, text: str) -> None:
        if text and text not in self.said:
            self.said.add(text)
            self.file.write(f"---- {text}\n")
            self.on_event(text, "note", 0.0)

    def _stop(self) -> dict[str, Any]:
        """Stop a run that hangs; return it when it has ended. Raises CapstanError when there is nothing to stop."""
        self._note("Nothing in the run can go on, and Kubeflow Pipelines does not end it. It is stopped.")
        request_end(self.runs, self.run_id)
        if self.hung.orphaned():
            raise CapstanError(
                f"The Workflow of the run {self.run_id} was deleted, which ends a run without a result. Its record is "
                f"deleted, too, so that `capstan run` may be used again.\nThe log is {self.file.name}."
            )
        end = time.monotonic() + STOP_SECONDS
        while is_under_way(run := self.runs.get(self.run_id)):
            if time.monotonic() > end:
                raise CapstanError(
                    f"The run hangs, and has not ended {STOP_SECONDS} s after it was stopped. Delete it with `kfp run "
                    f"delete {self.run_id}`, and run the pipeline again."
                )
            time.sleep(POLL_SECONDS)
        return run
