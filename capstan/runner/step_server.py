"""`python -m capstan.runner.step_server`: forks the steps of a run from processes that have imported already.

Importing takes longer than the work of most steps. The server imports what every step needs, then reads one request
per line from standard input and forks. At the first step that is not cached, it also forks one process
per heavy library that the pipeline needs, one after the other, while the first steps work. Steps that need such a
library are forked from its process.

These processes hold no threads and no sockets, and have not loaded DuckDB or LightGBM. They end with their standard
input, so with the run, or once the process that started the server is gone. A step ends when nobody reads its output.
A request is {"command", "output", "status", "library", "preload"}: the step's output goes to the FIFO `output`, its
exit code into the file `status`. `library` is the module that the step is forked from, and `preload` names those that
are still to come.

With a path as its argument, the server reads requests of many runs from a FIFO there, until its standard input ends.
Such a request also has the run's `environment` and `folder`. The first one that names libraries has all imported.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from select import POLLHUP, POLLIN, poll
from typing import Any

from capstan.runner.command import arguments_of, source_of
from capstan.runner.libraries import LIBRARIES

LIGHT = (
    "kfp.dsl.executor_main",
    "pandas",
    "pyarrow.parquet",
    "httpx",
    "pydantic",
    "capstan.catalogue",
    "capstan.versions.registry",
)
PARENT_SECONDS = 1.0  # between two checks that the parent is there: another process may hold the standard input open
ABANDONED_SECONDS = 10.0  # that a step without a reader may take to clean up
LAST_STEP_SECONDS = 0.5  # that a step which closed its output takes to end


class StepServer:
    """The process that steps are forked from, and the chain of processes with heavy libraries behind it."""

    def __init__(self, shared: Path | None = None):
        self.end = os.dup(0)  # standard input
        self.shared = shared
        # Opened for both, a FIFO does not end when a run closes it.
        self.requests = os.open(shared, os.O_RDWR) if shared else self.end
        self.behind: dict[str, int] = {}  # library -> where its process reads requests
        for module in LIGHT:
            import_module(module)

    def serve(self) -> None:
        """Answer requests until the input ends."""
        for line in _lines(self.requests, self.end):
            request = json.loads(line)
            wanted = request["preload"]
            if wanted and not self.behind:
                self._start_chain([name for name in LIBRARIES if self.shared or name in wanted])
            if request["library"] in self.behind:
                os.write(self.behind[request["library"]], line + b"\n")
            elif os.fork() == 0:
                self._close_chain()
                run(request)
        self._close_chain()
        _reap_last()

    def _start_chain(self, libraries: list[str]) -> None:
        """Fork a process that imports the first library, which forks one that imports the second, and so on."""
        pipes = {library: os.pipe() for library in libraries}
        self.behind = {library: there for library, (_, there) in pipes.items()}
        if os.fork() == 0:
            self._close_chain()
            for descriptor in {self.requests, self.end}:
                os.close(descriptor)
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
    for line in _lines(requests, requests):
        if os.fork() == 0:
            run(json.loads(line))
    _reap_last()
    os._exit(0)


def _lines(requests: int, end: int) -> Iterator[bytes]:
    """Yield lines until one of both ends, or the parent: the requests, or what is open while the server is to live."""
    buffer, waiting, parent = b"", poll(), os.getppid()
    for descriptor in {requests, end}:
        waiting.register(descriptor, POLLIN | POLLHUP)
    while True:
        ready = {descriptor for descriptor, _ in waiting.poll(1000 * PARENT_SECONDS)}
        if not ready and os.getppid() == parent:
            continue
        if not ready:
            return
        data = os.read(requests if requests in ready else end, 65_536)
        if not data:
            return
        *lines, buffer = (buffer + data).split(b"\n")
        yield from lines


def _reap(*_signal: object) -> bool:
    """Collect the steps that have ended, so that this process counts their time; return whether others go on."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _reap_last() -> None:
    """Wait for steps that are ending. One that works goes on."""
    deadline = time.monotonic() + LAST_STEP_SECONDS
    while _reap() and time.monotonic() < deadline:
        time.sleep(0.01)


def run(request: dict[str, Any]) -> None:
    """Run kfp's executor on the source of a component, then end this process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        output = os.open(request["output"], os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # nobody reads it any more: opened otherwise, it would wait for ever
        os._exit(1)
    os.set_blocking(output, True)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGTERM, _terminate)
    threading.Thread(target=_end_when_abandoned, args=(output, threading.get_ident()), daemon=True).start()
    status = 1
    try:
        _take_over(request)
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


def _terminate(*_signal: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)  # so that the step cleans up


def _end_when_abandoned(output: int, main: int) -> None:
    """End this step once nobody reads its output: its run has been killed."""
    reader_left = poll()
    reader_left.register(output, 0)  # POLLERR comes unasked
    reader_left.poll()
    signal.pthread_kill(main, signal.SIGTERM)
    time.sleep(ABANDONED_SECONDS)
    os._exit(1)


def _take_over(request: dict[str, Any]) -> None:
    """Give a step of a shared server the environment of its run."""
    if "environment" in request:
        from capstan.settings import settings

        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        settings.cache_clear()


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
    """Serve requests from standard input, or from the FIFO that the argument names."""
    signal.signal(signal.SIGCHLD, _reap)  # steps write their status to a file, so nothing waits for them
    server = StepServer(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    server.serve()


if __name__ == "__main__":
    main()
