"""Run a capstone's pipeline on this machine with kfp's local runner, one subprocess a step."""

import fcntl
import io
import os
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from capstan import extras, home
from capstan.catalogue import load_pipeline, load_task
from capstan.errors import CapstanError
from capstan.files import digest, source_digest
from capstan.notes import MARK
from capstan.profile import profile
from capstan.rollout import store
from capstan.rollout.commands import require_no_rollout
from capstan.settings import settings

# What kfp's local runner logs of a step.
STARTED = re.compile(r"Executing task .*?'(?P<step>[\w-]+)'")
ENDED = re.compile(r"Task .*?'(?P<step>[\w-]+)'.*? finished with status .*?(?P<state>SUCCESS|FAILURE)")
CACHED = re.compile(r"Task (?P<step>[\w-]+) cache hit")
ERROR = re.compile(r"capstan\.errors\.CapstanError: (?P<message>.*)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

# on_event(step, state, seconds): state is started, cached, done or failed; or note, and then the step is the note
Listener = Callable[[str, str, float], None]


def run(capstone: str, parameters: dict[str, Any], on_event: Listener = lambda *_: None) -> tuple[dict[str, Any], Path]:
    """Run a pipeline; return its outputs by name (parameters as they are, artifacts as kfp's objects) and its log.

    Raises CapstanError, with the step's own message where it had one, when a step fails or another run is under way.
    """
    pipeline = load_pipeline(capstone)
    unknown = set(parameters) - set(pipeline.component_spec.inputs or {})
    if unknown:
        known = ", ".join(pipeline.component_spec.inputs or {})
        raise CapstanError(f"{capstone} has no parameter {', '.join(sorted(unknown))}. It has: {known}.")
    home.prepare()
    extras.require(getattr(load_task(capstone), "EXTRA", ""), capstone)
    for service in ("mlflow", "endpoint"):
        profile().ensure(service)
    require_no_rollout(capstone, store.read(capstone))
    with _only_run_of(capstone):
        return execute(pipeline, capstone, parameters, on_event)


def execute(pipeline, capstone: str, parameters: dict[str, Any], on_event: Listener) -> tuple[dict[str, Any], Path]:
    """Run a pipeline, a function or a component loaded from its YAML, in kfp's local runner."""
    import logging

    from kfp import local

    folder = settings().home
    log = folder / "logs" / capstone / f"{datetime.now():%Y-%m-%d-%H%M%S}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # Two threads that wait for each other by spinning slow a shared machine down: train takes up to half the time.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # The step's image brings kfp; the subprocess runner uses this environment and warns of it each time.
    warnings.filterwarnings("ignore", message="You may be attemping to run a task", category=RuntimeWarning)
    warnings.filterwarnings("ignore", message="Task .* have no effect in the current local runner")
    local.init(
        local.SubprocessRunner(use_venv=False),
        pipeline_root=str(folder / "runs"),
        enable_caching=True,
        cache_root=str(folder / "cache" / _cache_name(capstone)),
    )
    with log.open("w", buffering=1) as file:
        stream = _Stream(file, on_event)
        handler = logging.StreamHandler(stream)  # kfp tells of cache hits outside its own log handler
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(logging.INFO)
        try:
            with redirect_stdout(stream):
                outputs = pipeline(**parameters).outputs
        except RuntimeError as error:
            raise CapstanError(_explain(stream, log)) from error
        finally:
            logging.getLogger().removeHandler(handler)
    return outputs, log


def _cache_name(capstone: str) -> str:
    """Return what else, beside a step's inputs, its result depends on: code and versions, and the data folder's files.

    kfp's key holds the step's own source and inputs, not the modules it imports nor the files it reads.
    """
    data = settings().data_dir
    files = sorted(data.rglob("*")) if data and data.is_dir() else []
    stamps = [f"{path.relative_to(data)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return digest(source_digest(capstone), str(data), *stamps)


def _explain(stream: "_Stream", log: Path) -> str:
    step = stream.failed or "the pipeline"
    if stream.messages:
        return f"Step {step} failed: {stream.messages[-1]}\nThe log is {log}."
    end = "\n".join(COLOUR.sub("", log.read_text()).splitlines()[-25:])
    return f"Step {step} failed. The end of {log}:\n{end}"


@contextmanager
def _only_run_of(capstone: str) -> Iterator[None]:
    """Hold the lock of a capstone, and end the steps that a killed run of it left behind."""
    mark = f"{settings().home}:{capstone}"
    path = settings().home / "run" / f"{capstone}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CapstanError(f"{capstone} is being run by another process. Wait for it, or stop it.") from None
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("CAPSTAN_RUN") == mark and process.pid != os.getpid():
                    process.kill()
        os.environ["CAPSTAN_RUN"] = mark
        try:
            yield
        finally:
            del os.environ["CAPSTAN_RUN"]


class _Stream(io.TextIOBase):
    """Writes what kfp prints to the log, and tells a listener what each line means."""

    def __init__(self, file, on_event: Listener):
        self.file = file
        self.on_event = on_event
        self.partial = ""
        self.began: dict[str, float] = {}
        self.messages: list[str] = []
        self.failed = ""

    def write(self, text: str) -> int:
        self.file.write(text)
        *lines, self.partial = (self.partial + text).split("\n")
        for line in lines:
            self._read(COLOUR.sub("", line))
        return len(text)

    def _read(self, line: str) -> None:
        if match := STARTED.search(line):
            self.began[match["step"]] = time.monotonic()
            self.on_event(match["step"], "started", 0.0)
        elif match := ENDED.search(line):
            step, good = match["step"], match["state"] == "SUCCESS"
            self.failed = self.failed if good else step
            self.on_event(step, "done" if good else "failed", time.monotonic() - self.began.get(step, time.monotonic()))
        elif match := CACHED.search(line):
            self.on_event(match["step"], "cached", 0.0)
        elif MARK in line:
            self.on_event(line.partition(MARK)[2], "note", 0.0)
        elif match := ERROR.search(line):
            self.messages.append(match["message"])
