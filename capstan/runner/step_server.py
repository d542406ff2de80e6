"""`python -m capstan.runner.step_server`: forks the steps of a run from processes that have imported already.

Importing takes longer than the work of most steps. The server imports what every step needs, then reads one request
per line from standard input and forks. At the first step that is not cached, it also forks one process
per heavy library that the pipeline needs, one after the other, while the first steps work. Steps that need such a
library are forked from its process.

These processes hold no threads and no sockets, and have not loaded DuckDB or LightGBM. They end with their standard
input, so with the run. A request is {"command", "output", "status", "step", "preload"}: the step's output goes
to the FIFO `output`, its exit code into the file `status`, and `preload` names the steps that are still to come.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
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
# What steps need, in the order of a pipeline. Any request that MLflow sends imports feast, through feast's plug-in.
HEAVY = {
    "feast": ("build-features", "materialize"),
    "mlflow.pyfunc": ("train",),
    "mlflow.tracking.request_header.registry": ("register",),
    "evidently": ("monitor",),
}


class StepServer:
    """The process that steps are forked from, and the chain of processes with heavy libraries behind it."""

    def __init__(self, requests: int):
        self.requests = requests  # file descriptor
        self.behind: dict[str, int] = {}  # library -> where its process reads requests
        for module in LIGHT:
            import_module(module)

    def serve(self) -> None:
        """Answer requests until the input ends."""
        for line in _lines(self.requests):
            request = json.loads(line)
            libraries = [name for name, steps in HEAVY.items() if {*steps} & {*request["preload"]}]
            if libraries and not self.behind:
                self._start_chain(libraries)
            library = next((name for name, steps in HEAVY.items() if request["step"] in steps), None)
            if library in self.behind:
                os.write(self.behind[library], line + b"\n")
            elif os.fork() == 0:
                self._close_chain()
                run(request)

    def _start_chain(self, libraries: list[str]) -> None:
        """Fork a process that imports the first library, which forks one that imports the second, and so on."""
        pipes = {library: os.pipe() for library in libraries}
        self.behind = {library: there for library, (_, there) in pipes.items()}
        if os.fork() == 0:
            self._close_chain()
            os.close(self.requests)
            for number, library in enumerate(libraries):
                import_module(library)
                if number + 1 == len(libraries) or os.fork():  # the child goes on with the next library
                    _serve_alone(pipes[library][0])
        for here, _ in pipes.values():
            os.close(here)

    def _close_chain(self) -> None:
        for there in self.behind.values():
            os.close(there)


def _serve_alone(requests: int) -> None:
    """Fork for every request until the input ends, then end this process."""
    for line in _lines(requests):
        if os.fork() == 0:
            run(json.loads(line))
    os._exit(0)


def _lines(descriptor: int) -> Iterator[bytes]:
    buffer = b""
    while data := os.read(descriptor, 65_536):
        *lines, buffer = (buffer + data).split(b"\n")
        yield from lines


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
    StepServer(requests).serve()


if __name__ == "__main__":
    main()
