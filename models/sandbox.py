"""A sandbox for code that a model wrote: no network, no files but Python's own, limits of memory and time.

bubblewrap makes it, of Linux's namespaces: https://github.com/containers/bubblewrap. It protects this machine from
mistakes. Against an attacker who knows a hole of the kernel, use a machine of its own.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from capstan.errors import CapstanError

PROCESSES = 16
OUTPUT = 2**20  # bytes of a file
FOLDERS = ["/usr", "/lib", "/lib64", "/bin", sys.base_prefix]


def succeeds(code: str, seconds: float = 10, memory: int = 2**29) -> bool:
    """Return whether Python code runs to its end without an error.

    seconds: of this machine's clock. memory: bytes of each process. Code that ends early, such as by `sys.exit(0)`,
    does not succeed. Raises CapstanError where there is no sandbox.
    """
    limits = [f"--as={memory}", f"--cpu={int(seconds) + 1}", f"--fsize={OUTPUT}", f"--nproc={PROCESSES}", "--core=0"]
    python = ["prlimit", *limits, "--", str(Path(sys.executable).resolve()), "-I", "-"]
    reached = secrets.token_hex()
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                [*sandbox(), *python],
                input=f"{code}\n\nprint(\n{reached!r})\n".encode(errors="replace"),
                stdout=output, stderr=subprocess.DEVNULL, timeout=seconds, check=False,
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
    closed = ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--uid", "65534", "--gid", "65534"]
    fresh = ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/tmp"]
    command = [program, *closed, *seen, *fresh, "--"]
    tried = subprocess.run([*command, "prlimit", "--version"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise CapstanError(
            f"The sandbox does not begin: {tried.stderr.strip()}. In a container, allow user namespaces."
        )
    return command
