"""A sandbox for code that a model wrote: no network, no files but Python's own, limits of memory and time.

bubblewrap makes it, of Linux's namespaces: https://github.com/containers/bubblewrap. It protects this machine from
mistakes. Against an attacker who knows a hole of the kernel, use a machine of its own.

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
from functools import cache
from pathlib import Path

from capstan.errors import CapstanError

PROCESSES = 16
PATIENCE = 6  # seconds of the clock for one of processor time: on a busy machine right code takes long, too
OUTPUT = 2**20  # bytes of a file
USERS = range(2**30, 2**31)  # of each run another one: nobody has these numbers, and processes count for their user
FOLDERS = ["/usr", "/lib", "/lib64", "/bin", sys.base_prefix]


def succeeds(code: str, seconds: float = 10, memory: int = 2**29) -> bool:
    """Return whether Python code runs to its end without an error.

    seconds: of processor time of each process; code that only waits ends after PATIENCE times as many. memory: bytes of
    each process. Code that ends early, such as by `sys.exit(0)`, does not succeed. Raises CapstanError where there is
    no sandbox.
    """
    limits = [f"--as={memory}", f"--cpu={math.ceil(seconds)}", f"--fsize={OUTPUT}", f"--nproc={PROCESSES}", "--core=0"]
    python = ["prlimit", *limits, "--", *as_nobody(), str(Path(sys.executable).resolve()), "-I", "-"]
    reached = secrets.token_hex()
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                [*sandbox(), *python],
                input=f"{code}\n\nprint(\n{reached!r})\n".encode(errors="replace"),
                stdout=output, stderr=subprocess.DEVNULL, timeout=PATIENCE * seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
        output.seek(0)
        return done.returncode == 0 and output.read(OUTPUT).strip().endswith(reached.encode())


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
    fresh = ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp", "--chdir", "/tmp"]
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
