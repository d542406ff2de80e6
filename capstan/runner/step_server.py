"""`python -m capstan.runner.step_server`: forks the steps of a run from processes that have imported already.

Importing takes longer than the work of most steps. The server imports what every step needs, then reads one request
per line from standard input and forks. At the first step that is not cached, it starts to fork one process per heavy
library, one after the other, while the first steps work. Steps that need such a library are forked from its process.

These processes hold no threads and no sockets, and have not loaded DuckDB or LightGBM. They end with their standard
input, so with the run. A request is {"command", "output", "status", "step", "preload"}: the step's output goes
to the FIFO `output`, and its exit code into the file `status`.
"""

import json
import os
import select
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from capstan.runner.command import arguments_of, source_of

LIGHT = (
    "kfp.dsl.executor_main",
    "pandas",
    "pyarrow.parquet",
    "httpx",
    "pydantic",
    "capstan.catalogue",
    "capstan.registry",
)
# In the order in which a pipeline needs them.
HEAVY = {"feast": ("build-features", "materialize"), "mlflow.pyfunc": ("train", "register"), "evidently": ("monitor",)}


class StepServer:
    """A process that steps are forked from. Behind it are the processes of the heavy libraries."""

    def __init__(self, requests: int, modules: tuple[str, ...]):
        self.requests = requests  # file descriptor
        self.behind: dict[str, int] = {}  # library -> where its process reads requests
        self.ready: int | None = None  # a pipe that closes when the process that is importing is done
        for module in modules:
            import_module(module)

    def serve(self) -> None:
        """Answer requests until the input ends."""
        buffer = b""
        while True:
            waiting = [self.requests] + ([self.ready] if self.ready is not None else [])
            readable, _, _ = select.select(waiting, [], [])
            if self.ready in readable:
                os.close(self.ready)
                self.ready = None
                self._fork_next()
            if self.requests in readable:
                data = os.read(self.requests, 65_536)
                if not data:
                    return
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    self._answer(line)

    def _answer(self, line: bytes) -> None:
        request = json.loads(line)
        if request["preload"] and not self.behind:
            self._fork_next()
        for library, steps in HEAVY.items():
            if request["step"] in steps and library in self.behind:
                os.write(self.behind[library], line + b"\n")
                return
        if os.fork() == 0:
            run(request)

    def _fork_next(self) -> None:
        """Fork the process of the next heavy library. It imports while this process goes on."""
        library = next((name for name in HEAVY if name not in self.behind), None)
        if library is None:
            return
        requests, there = os.pipe()
        self.ready, done = os.pipe()
        if os.fork() == 0:
            for descriptor in (there, self.ready, self.requests, *self.behind.values()):
                os.close(descriptor)
            server = StepServer(requests, (library,))
            os.close(done)
            server.serve_alone()
            os._exit(0)
        os.close(requests)
        os.close(done)
        self.behind[library] = there

    def serve_alone(self) -> None:
        """Fork for every request until the input ends."""
        buffer = b""
        while data := os.read(self.requests, 65_536):
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                if os.fork() == 0:
                    run(json.loads(line))


def run(request: dict[str, Any]) -> None:
    """Run kfp's executor on the source of a component, then end this process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(request["output"], os.O_WRONLY)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    status = 1
    try:
        _execute(request["command"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        Path(request["status"]).write_text(str(status))
        os._exit(status)  # without the exit handlers of the server


def _execute(command: list[str]) -> None:
    from tempfile import TemporaryDirectory

    from kfp.dsl import executor_main

    _allow_threads()
    with TemporaryDirectory(prefix="capstan-step-") as folder:
        source = Path(folder) / "ephemeral_component.py"
        source.write_text(source_of(command))
        sys.argv = ["executor_main", "--component_module_path", str(source), *arguments_of(command)]
        executor_main.executor_main()


def _allow_threads() -> None:
    # The server keeps numpy from starting threads, because a process with threads should not be forked.
    from threadpoolctl import threadpool_limits

    os.environ.pop("OPENBLAS_NUM_THREADS", None)
    threadpool_limits(os.cpu_count(), user_api="blas")


def main() -> None:
    """Serve requests from standard input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # steps write their status to a file, so nothing waits for them
    requests = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    StepServer(requests, LIGHT).serve()


if __name__ == "__main__":
    main()
