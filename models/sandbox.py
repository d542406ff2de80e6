"""A sandbox for code that a model wrote: no network, no files but Python's own, limits of memory and time.

bubblewrap makes it, of Linux's namespaces: https://github.com/containers/bubblewrap. It protects this machine from
mistakes. Against an attacker who knows a hole of the kernel, use a machine of its own.

The candidate and what checks it are processes in sandboxes of their own, with a pipe between them that carries data
alone: a candidate sees no frame, token or answer of the check. A cgroup holds both to one limit of memory. Where none
can be made, this process sums what theirs hold and kills them; what no process holds, such as segments of System V, it
does not see.

Linux limits no processes of root, not even in a namespace where root has another number. So where we are root, the code
is that of a user of its own, and there is no namespace of users.
"""

from __future__ import annotations

import math
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

import psutil

from capstan.errors import CapstanError
from models.memory_group import MemoryGroup, memory_group

PROCESSES = 16
PATIENCE = 6  # seconds of the clock for one of processor time: on a busy machine right code takes long, too
OUTPUT = 2**20  # bytes of a file
FILES = 64  # that a process has open
GLANCE = 0.05  # seconds between two sums of memory
TEMPORARY = [
    part for folder in ("/dev/shm", "/tmp") for part in ("--perms", "1777", "--size", f"{2**26}", "--tmpfs", folder)
] + ["--remount-ro", "/dev"]
USERS = range(2**30, 2**31)  # of each run another one: nobody has these numbers, and processes count for their user
FOLDERS = ["/usr", "/lib", "/lib64", "/bin", sys.base_prefix]


# The program around a candidate: it answers each call with what the function returns.
CANDIDATE = """
import ast, os
calls, answers = os.fdopen({calls}), os.fdopen({answers}, "w")
space = {{"__name__": "candidate"}}
exec(compile({code!r}, "candidate", "exec"), space)
for call in calls:
    arguments, named = ast.literal_eval(call)
    answers.write(f"{{space[{name!r}](*arguments, **named)!r}}\\n")
    answers.flush()
"""
# The program around a check. What comes through the pipe is read as a literal, so it is data, and never code.
CHECK = """
import ast, os
_calls, _answers = os.fdopen({calls}, "w"), os.fdopen({answers})
{before}

def {name}(*arguments, **named):
    _calls.write(f"{{(arguments, named)!r}}\\n")
    _calls.flush()
    return ast.literal_eval(_answers.readline())

{check}
"""


def passes(candidate: str, name: str, check: str, before: str = "", seconds: float = 10, memory: int = 2**29) -> bool:
    """Return whether a check of a function that a candidate defines runs to its end without an error.

    candidate: Python code that nobody trusts. name: of its function. check: Python code that calls the function, which
    runs in another process: arguments and results are numbers, texts, lists and the like. before: code that the check
    needs. seconds: of processor time of each process; code that only waits ends after PATIENCE times as many. memory:
    bytes of all processes together. Raises CapstanError where there is no sandbox.
    """
    (calls, ask), (answers, answer) = os.pipe(), os.pipe()
    guest = CANDIDATE.format(calls=calls, answers=answer, code=candidate, name=name)
    judge = CHECK.format(calls=ask, answers=answers, before=before, name=name, check=check)
    with memory_group(memory) as group, ExitStack() as running, ExitStack() as ends:
        for end in (calls, ask, answers, answer):
            ends.callback(os.close, end)
        serving = running.enter_context(_started(guest, (calls, answer), seconds, memory, group))
        checking = running.enter_context(_started(judge, (ask, answers), seconds, memory, group))
        ends.close()  # so that each process sees when the other has ended
        most = math.inf if group else memory
        ended_well = _ends_well(checking, serving, PATIENCE * seconds, most)
        return ended_well and not (group and group.is_exceeded())


@contextmanager
def _started(
    program: str, ends: tuple[int, int], seconds: float, memory: int, group: MemoryGroup | None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in a sandbox with two ends of pipes, and kill it at last."""
    limits = [f"--as={memory}", f"--cpu={math.ceil(seconds)}", f"--fsize={OUTPUT}", f"--nproc={PROCESSES}", "--core=0"]
    python = ["prlimit", *limits, f"--nofile={FILES}", "--", *as_nobody(), str(Path(sys.executable).resolve())]
    with tempfile.TemporaryFile() as code:
        code.write(program.encode(errors="replace"))
        code.seek(0)
        command = [*sandbox(), *python, "-I", "-"]
        process = subprocess.Popen(
            group.entering(command) if group else command,
            stdin=code, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=ends,
        )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()  # bubblewrap's end is that of all in its sandbox


def _ends_well(
    checking: subprocess.Popen[bytes], serving: subprocess.Popen[bytes], seconds: float, memory: float
) -> bool:
    """Wait for a check; return whether it ended without an error, in time, and within the memory of both."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and _resident(checking.pid) + _resident(serving.pid) <= memory:
        with suppress(subprocess.TimeoutExpired):
            return checking.wait(GLANCE) == 0
    return False


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process and all below it hold."""
    held = 0
    with suppress(psutil.Error):
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            with suppress(psutil.Error):
                held += process.memory_info().rss
    return held


@cache
def sandbox() -> list[str]:
    """Return the command that begins a sandbox. Raises CapstanError where there is none, or it does not work."""
    program = shutil.which("bwrap")
    if program is None:
        raise CapstanError("Code of a model runs in a sandbox. Install bubblewrap: `apt-get install bubblewrap`.")
    seen = [part for folder in dict.fromkeys(FOLDERS) for part in ("--ro-bind-try", folder, folder)]
    parts = ["ipc", "pid", "net", "uts", "cgroup"] if os.geteuid() == 0 else ["all"]
    user = [] if os.geteuid() == 0 else ["--uid", "65534", "--gid", "65534"]
    closed = [*(f"--unshare-{part}" for part in parts), *user, "--die-with-parent", "--new-session", "--clearenv"]
    fresh = ["--proc", "/proc", "--dev", "/dev", *TEMPORARY, "--chdir", "/tmp"]
    command = [program, *closed, *seen, *fresh, "--"]
    tried = subprocess.run(
        [*command, *as_nobody(), "prlimit", "--version"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        raise CapstanError(
            f"The sandbox does not begin: {tried.stderr.strip()}. In a container, do not be root, and allow user "
            "namespaces."
        )
    return command


def as_nobody() -> list[str]:
    """Return what begins a command as a user without rights or other processes; nothing where we are not root."""
    if os.geteuid() != 0:
        return []
    user = f"{secrets.choice(USERS)}"
    rights = ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    return ["setpriv", "--reuid", user, "--regid", user, *rights, "--"]
