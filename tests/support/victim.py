"""A command that ends with SIGKILL before or after one of its writes, in its own process."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from multiprocessing import get_context

import httpx

from capstan.settings import settings

FORKSERVER = get_context("forkserver")
FORKSERVER.set_forkserver_preload(["tests.support.victim", "cli.app", "components.deploy.core", "pandas"])


def killed(where: str, number: int, *command: str) -> bool:
    """Run a command of the shell, or the deploy step; return whether it came to that write and was killed there.

    where: "before" or "after". number: from 1. A write is a request that is neither a GET nor a prediction.
    """
    code = _exit_code(where, number, command)
    assert code in (0, -signal.SIGKILL), f"{command} ended with {code}"
    return code != 0


def killed_at_each_write(prepare: Callable[[], Sequence[str]]) -> Iterator[str]:
    """Kill a command before and after its first write, its second, and so on, until it lives. Yield after each kill.

    prepare: brings back the state before the command, and returns the command.
    """
    for number in count(1):
        for where in ("before", "after"):
            if not killed(where, number, *prepare()):
                return
            yield f"{where} write {number}"


def ended(*command: str) -> int:
    """Run a command of the shell to its end, in a fork; return its exit code."""
    return _exit_code("never", 0, command)


def _exit_code(where: str, number: int, command: tuple[str, ...]) -> int:
    child = FORKSERVER.Process(target=_run, args=(where, number, command, dict(os.environ)))
    child.start()
    child.join(120)
    assert child.exitcode is not None, f"{command} has not ended after 120 s"
    return child.exitcode


def _run(where: str, number: int, command: tuple[str, ...], environment: dict[str, str]) -> None:
    # The fork server has the environment of the first test that used it.
    os.environ.clear()
    os.environ.update(environment)
    settings.cache_clear()
    send, writes = httpx.request, 0

    def counted(method: str, url: str, **options) -> httpx.Response:
        nonlocal writes
        is_write = method != "GET" and ":predict" not in url
        writes += is_write
        mine = is_write and writes == number
        if mine and where == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        reply = send(method, url, **options)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply

    httpx.request = counted
    if command[0] == "deploy":
        from components.deploy.core import deploy

        deploy(*command[1:])
    else:
        from cli.app import app

        app(list(command))
