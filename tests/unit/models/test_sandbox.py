"""Code in the sandbox, some of it hostile."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from capstan.errors import CapstanError
from models.sandbox import sandbox, succeeds
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow  # each starts a process or more

HOSTILE = {
    "an error": "assert 1 + 1 == 3",
    "no Python": "def f(:",
    "an early end": "import sys\nsys.exit(0)",
    "a hard early end": "import os\nos._exit(0)",
    "no end": "while True: pass",
    "sleep": "import time\ntime.sleep(60)",
    "memory": "x = bytearray(2**31)",
    "much memory, bit by bit": "x = []\nwhile True: x.append(bytearray(2**24))",
    "a large file": "open('/tmp/x', 'wb').write(bytes(2**24))",
    "much output": "while True: print('x' * 10**6)",
    "processes without end": "import os\nwhile True: os.fork()",
    "the end of all others": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "deep recursion": "def f(n): return f(n + 1)\nf(0)",
}


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE)
def test_code_that_does_not_reach_its_end_has_not_succeeded(code):
    before = in_sandboxes()
    assert not succeeds(code, seconds=1)
    wait_until(lambda: in_sandboxes() <= before)  # a killed one takes a moment to end


def in_sandboxes() -> set[int]:
    """Return the processes in sandboxes. The process of the tests may start and end others meanwhile."""
    return {one.pid for one in psutil.process_iter(["cmdline"]) if (one.info["cmdline"] or [])[-2:] == ["-I", "-"]}


def test_code_has_as_much_processor_time_on_a_busy_machine():
    """Five processes share one core here, so the code takes five times as long by the clock."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        began = time.monotonic()
        assert succeeds("import time\nwhile time.process_time() < 0.7: pass", seconds=1)
        assert time.monotonic() - began > 1
    finally:
        os.sched_setaffinity(0, everywhere)
        for process in busy:
            process.kill()
            process.wait()


def test_code_has_few_processes_and_no_rights():
    """Root has as many as it likes, so the code is not root's, on this machine either."""
    assert succeeds("""
import os, time
children = 0
try:
    while children < 100:
        if os.fork() == 0:
            time.sleep(60)
        children += 1
except BlockingIOError:
    pass
assert 0 < children < 16, children
""")
    mine = "[line for line in open('/proc/self/status') if line.startswith(('CapEff', 'CapBnd'))]"
    assert succeeds(f"assert all(int(line.split()[1], 16) == 0 for line in {mine}), {mine}") or os.geteuid()
    assert succeeds("import os\nassert os.getuid() != 0 and os.getgid() != 0 and os.getgroups() in ([], [65534])")


def test_code_that_is_right_succeeds():
    assert succeeds("import math, random, re, collections\nassert math.gcd(12, 18) == 6\nprint('well')")
    assert succeeds("open('/tmp/x', 'w').write('x')\nassert open('/tmp/x').read() == 'x'")


def test_code_reaches_no_port_of_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket\nsocket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2).close()"
        assert not succeeds(code)
        exec(code)  # it is the sandbox that refuses


def test_code_sees_no_file_of_this_machine(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("secret")
    assert not succeeds(f"open({str(secret)!r})")
    assert not succeeds(f"open({str(Path(__file__).resolve())!r})")
    assert succeeds("import os\nassert not {name for name in os.environ if 'CAPSTAN' in name or name == 'HOME'}")


def test_code_changes_no_file_of_this_machine():
    name = f"/usr/lib/written-{time.time_ns()}"
    assert not succeeds(f"open({name!r}, 'w')")
    assert not Path(name).exists()


def test_without_bubblewrap_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    sandbox.cache_clear()
    with pytest.raises(CapstanError, match="apt-get install bubblewrap"):
        succeeds("pass")
    sandbox.cache_clear()


def test_sandbox_that_does_not_begin_is_an_error_and_no_failure_of_the_code(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permission to create a namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    sandbox.cache_clear()
    with pytest.raises(CapstanError, match="No permission to create a namespace"):
        succeeds("pass")
    sandbox.cache_clear()
