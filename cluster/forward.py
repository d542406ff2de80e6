"""Reach a Service or a pod of the cluster from this machine, through `kubectl port-forward`."""

import re
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from capstan.errors import CapstanError, Unavailable
from cluster.kubectl import ADVICE, kubectl

READY = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ->")
READY_SECONDS = 60
PAUSES = (0.1, 0.3, 1.0, 2.0)  # before each new try, when the pod behind has gone
# kubectl ends with this process, however that ends: when it closes its pipe, or dies, `read` returns.
# A job in the background of a shell does not get Ctrl-C, so a command can still reach the cluster after it.
WATCHED = """exec 3<&0
"$@" </dev/null & child=$!
{ read -r _ <&3; kill "$child"; } >/dev/null 2>&1 &
wait "$child"; status=$?
kill $! 2>/dev/null
exit "$status"
"""


class Forward:
    """A forwarded port. It begins at once: `wait` for it. When its pod goes away it finds the next, on this port."""

    def __init__(self, namespace: str, target: str, port: int):
        self.namespace, self.target, self.port = namespace, target, port
        self.local = 0
        self.said: deque[str] = deque(maxlen=10)
        self.ready, self.closed = Event(), Event()
        self.process: subprocess.Popen[str] | None = None
        if not shutil.which("kubectl"):
            kubectl("version")  # says how to install it
        self.thread = Thread(target=self._serve, name=f"forward {target}", daemon=True)
        self.thread.start()

    def wait(self, seconds: float = READY_SECONDS) -> int:
        """Return the local port when it is open. Raises CapstanError when it cannot be."""
        self.ready.wait(seconds)
        if not self.local:
            self.close()
            raise self._error(seconds)
        return self.local

    def close(self) -> None:
        """Stop it. A second time does nothing."""
        self.closed.set()
        process = self.process
        if process and process.stdin:
            with suppress(OSError):
                process.stdin.close()
        self.thread.join(5)

    def _error(self, seconds: float) -> CapstanError:
        message = "".join(self.said).strip()
        known = next((advice for words, advice in ADVICE.items() if words in message), "")
        last = message.splitlines()[-1].removeprefix("error: ") if message else f"no answer for {seconds:g} s"
        where = f"{self.target} of the namespace {self.namespace}"
        if self.target.endswith("-predictor") and "NotFound" in message:
            return CapstanError(f"There is no {where}: deploy a model with `capstan --profile cluster run CAPSTONE`.")
        # A pod that starts again may be back soon.
        kind = CapstanError if known or "NotFound" in message else Unavailable
        return kind(
            known or f"{where} cannot be reached ({last}). Run `make cluster`, or see `capstan cluster status`."
        )

    def _serve(self) -> None:
        tries = 0
        while not self.closed.is_set():
            began = time.monotonic()
            self._run()
            self.ready.set()
            if not self.local:
                return
            tries = 0 if time.monotonic() - began > 10 else tries + 1
            self.closed.wait(PAUSES[min(tries, len(PAUSES) - 1)])

    def _run(self) -> None:
        """Run kubectl until it ends. It chooses the port the first time."""
        ports = f"{self.local or ''}:{self.port}"
        command = ["kubectl", "port-forward", "--address", "127.0.0.1", "-n", self.namespace, self.target, ports]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            ["sh", "-c", WATCHED, "sh", *command], stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        ) as self.process:
            if self.closed.is_set() and self.process.stdin:  # closed while it started
                self.process.stdin.close()
            for line in self.process.stdout or ():
                if match := READY.search(line):
                    self.local = int(match[1])
                    self.ready.set()
                elif not line.startswith("Handling connection"):
                    self.said.append(line)


@contextmanager
def forwarded(namespace: str, target: str, port: int) -> Iterator[int]:
    """Open a local port to a port of `svc/NAME` or `pod/NAME`, and yield it."""
    forward = Forward(namespace, target, port)
    try:
        yield forward.wait()
    finally:
        forward.close()
