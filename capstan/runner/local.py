"""Run a capstone's pipeline on this machine with kfp's local runner, one process per step."""

import fcntl
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from capstan import catalogue, families
from capstan.data import disk
from capstan.errors import Busy
from capstan.local import home
from capstan.local.stopping import message
from capstan.profile import profile
from capstan.rollout import store
from capstan.rollout.commands import require_no_rollout
from capstan.runner import failure
from capstan.runner.command import source_of
from capstan.runner.libraries import library
from capstan.runner.parameters import checked_parameters
from capstan.runner.progress import COLOUR, Listener, Progress
from capstan.runner.steps import Steps, started_by, step_server
from capstan.settings import settings

MISSING = re.compile(r"^ *ModuleNotFoundError: No module named '(?P<package>[^']+)'", re.MULTILINE)


def run(capstone: str, parameters: dict[str, Any], on_event: Listener = lambda *_: None) -> tuple[dict[str, Any], Path]:
    """Run a pipeline. Return its outputs by name (values, or artifacts as kfp's objects) and the path of its log.

    Raises CapstanError when a step fails, with the step's own message if it had one, or while another run goes on.
    """
    catalogue.folder(capstone)
    home.prepare()
    # The step server imports its libraries while this process imports kfp.
    with _only_run_of(capstone), step_server() as steps:
        pipeline = catalogue.load_pipeline(capstone)
        parameters = checked_parameters(capstone, pipeline, parameters)
        task = catalogue.load(capstone)
        families.require(capstone)
        for service in ("mlflow", "endpoint") if "endpoint" in task.capabilities else ("mlflow",):
            profile().ensure(service, capstone)
        require_no_rollout(capstone, store.read(capstone))
        return execute(pipeline, capstone, parameters, on_event, steps)


def once(
    pipeline: Any, capstone: str, parameters: dict[str, Any], on_event: Listener = lambda *_: None
) -> tuple[dict[str, Any], Path]:
    """Run the pipeline of `graphs.monitoring` on a capstone's live predictions, also while its own pipeline runs."""
    home.prepare()
    with _only_run_of(f"{capstone}.monitoring"), step_server() as steps:
        profile().ensure("mlflow", capstone)
        return execute(pipeline, capstone, {"capstone": capstone} | parameters, on_event, steps)


def execute(
    pipeline: Any, capstone: str, parameters: dict[str, Any], on_event: Listener, steps: Steps
) -> tuple[dict[str, Any], Path]:
    """Run a pipeline in kfp's local runner: a function, or a component that was loaded from YAML."""
    import logging

    from kfp import local

    from capstan.runner import step_cache

    steps.libraries = {name for source in _sources(pipeline) if (name := library(source))}
    steps.never_cached = _never_cached(pipeline.pipeline_spec)
    folder = settings().home
    log = folder / "logs" / capstone / f"{datetime.now():%Y-%m-%d-%H%M%S}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # The subprocess runner warns each time that it uses this environment, which is what we want.
    warnings.filterwarnings("ignore", message="You may be attemping to run a task", category=RuntimeWarning)
    warnings.filterwarnings("ignore", message="Task .* have no effect in the current local runner")
    local.init(
        local.SubprocessRunner(use_venv=False),
        pipeline_root=str(folder / "runs"),
        enable_caching=True,
        cache_root=str(folder / "cache" / capstone),
    )
    step_cache.use(str(folder / "cache" / capstone), capstone)
    with disk.explained(), log.open("wb", buffering=0) as file:
        stream = Progress(file, on_event)
        handler = logging.StreamHandler(stream)  # kfp reports cache hits outside its own log handler
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(logging.INFO)
        try:
            with started_by(steps), redirect_stdout(stream):
                outputs = pipeline(**parameters).outputs
        except RuntimeError as error:
            raise failure.kind(_printed(stream, log))(_explain(stream, log)) from error
        finally:
            logging.getLogger().removeHandler(handler)
    return outputs, log


def _sources(pipeline: Any) -> Iterator[str]:
    """Yield the source of each lightweight component of a pipeline."""
    for executor in pipeline.pipeline_spec.deployment_spec["executors"].values():
        if "container" in executor:
            yield source_of(list(executor["container"]["command"]))


def _never_cached(spec: Any) -> set[str]:
    """Return the components of a pipeline whose tasks all act outside the run, and so never come from the cache."""
    dags = [spec.root.dag, *(component.dag for component in spec.components.values())]
    uses = [(task.component_ref.name, task.caching_options.enable_cache) for dag in dags for task in dag.tasks.values()]
    cached = {name for name, enabled in uses if enabled}
    return {name.removeprefix("comp-") for name, _ in uses if name not in cached}


def _printed(stream: Progress, log: Path) -> str:
    return failure.printed_by(stream.failed or "the pipeline", COLOUR.sub("", log.read_text()))


def _explain(stream: Progress, log: Path) -> str:
    step, printed = stream.failed or "the pipeline", _printed(stream, log)
    whole = "" if stream.full else printed  # a log on a full disk may end within the message
    if message := failure.user_error(whole) or "".join(stream.messages[-1:]):
        return f"Step {step} failed: {message}\nThe log is {log}."
    if stream.full:
        return f"Step {step} failed: {stream.full.strip()}\nThe log is {log}."
    if missing := MISSING.search(printed):
        return (
            f"Step {step} failed: the package {missing['package']!r} is not installed. Install it, or name in FAMILIES "
            f"of the task the family that has it, and run `make install FAMILIES=...`.\nThe log is {log}."
        )
    if bug := failure.bug(printed):
        return f"Step {step} failed. The log is {log}.\n{bug}"
    end = "\n".join(printed.splitlines()[-25:])
    return f"Step {step} failed. The end of {log}:\n{end}"


@contextmanager
def _only_run_of(capstone: str) -> Iterator[None]:
    """Hold the lock of a capstone, and end the steps that a killed run left behind."""
    mark = f"{settings().home}:{capstone}"
    path = settings().home / "run" / f"{capstone}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(message(capstone)) from None
        file.truncate(0)
        file.write(str(os.getpid()))  # for `capstan stop`
        file.flush()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("CAPSTAN_RUN") == mark and process.pid != os.getpid():
                    process.kill()
        os.environ["CAPSTAN_RUN"] = mark
        try:
            yield
        finally:
            del os.environ["CAPSTAN_RUN"]
