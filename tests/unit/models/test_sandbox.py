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
from models.memory_group import memory_group
from models.sandbox import passes, sandbox
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow  # each starts a process or more

CHECK = "assert f() == 'done'"


def succeeds(code: str, seconds: float = 10, memory: int = 2**29) -> bool:
    """Return whether code runs to its end in the process of a candidate."""
    return passes(f"{code}\n\ndef f():\n    return 'done'\n", "f", CHECK, seconds=seconds, memory=memory)


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
    "a full /tmp": "for n in range(100): open(f'/tmp/{n}', 'wb').write(bytes(2**20))",
    "a full /dev/shm": "for n in range(100): open(f'/dev/shm/{n}', 'wb').write(bytes(2**20))",
    "a file of a device": "open('/dev/x', 'w')",
    "open files": "x = [open('/dev/null') for _ in range(100)]",
    "memory of many processes": """
import os, time
for _ in range(6):
    if os.fork() == 0:
        x = bytearray(2**27)
        x[::4096] = b'x' * 2**15
        time.sleep(2)
        os._exit(0)
time.sleep(2)
""",
    "deep recursion": "def f(n): return f(n + 1)\nf(0)",
}


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE)
def test_code_that_does_not_reach_its_end_has_not_succeeded(code):
    before = in_sandboxes()
    assert not succeeds(code, seconds=1)
    wait_until(lambda: in_sandboxes() <= before)  # a killed one takes a moment to end


@pytest.mark.parametrize("name", ["memory of many processes", "processes without end"])
def test_memory_and_processes_are_bounded_without_a_cgroup(name, monkeypatch, tmp_path):
    monkeypatch.setattr("models.memory_group.ROOT", tmp_path / "none")
    assert succeeds("pass") and not succeeds(HOSTILE[name], seconds=1)


def test_what_no_process_holds_counts_where_there_is_a_cgroup():
    with memory_group(2**26) as group:
        held = group is not None
    full = "[open(f'/tmp/{n}', 'wb').write(bytes(2**20)) for n in range(62)]"
    assert succeeds(full, memory=2**29) and succeeds(full, memory=2**26) is not held


def in_sandboxes() -> set[int]:
    """Return the processes in sandboxes. The process of the tests may start and end others meanwhile."""
    return {
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if (process.info["cmdline"] or [])[-2:] == ["-I", "-"]
    }


SUM = """
def f(numbers):
    return sum(numbers)
"""
ADDS = "assert f([1, 2]) == 3 and f([0.5]) == 0.5 and f(()) == 0"


def test_a_check_calls_the_function_and_sees_what_it_returns():
    assert passes(SUM, "f", ADDS)
    assert not passes(SUM.replace("sum", "max"), "f", ADDS)
    assert passes(
        "def f(a, *, b):\n    return {a: (b, None, {1}, 'ä\\n')}",
        "f",
        "assert f(1, b=[]) == {1: ([], None, {1}, 'ä\\n')}",
    )
    assert passes("def f(x):\n    return x + 1", "f", "assert f(g(1)) == 3", before="def g(x):\n    return x + 1")
    assert not passes("def g(): pass", "f", ADDS)


CHEATS = {
    "the frame of its caller": """
import sys
def f(numbers):
    frame = sys._getframe()
    while frame:
        for value in (*frame.f_locals.values(), *frame.f_globals.values()):
            print(value)
        frame = frame.f_back
""",
    "an object that equals all": """
class Any:
    def __eq__(self, other): return True
    def __repr__(self): return "__import__('os')._exit(0)"
def f(numbers):
    return Any()
""",
    "an end without an error": "import os\ndef f(numbers): os._exit(0)",
    "answers without end": """
import os
def f(numbers):
    for end in range(3, 64):
        try:
            while True: os.write(end, b'3' * 10**6)
        except OSError: pass
""",
    "a patched library": "import ast, builtins\nast.literal_eval = eval\nbuiltins.sum = max\ndef f(numbers): return 3",
}


@pytest.mark.parametrize("code", CHEATS.values(), ids=CHEATS)
def test_code_cannot_pass_a_check_but_by_its_answers(code):
    assert not passes(code, "f", ADDS, seconds=1)


def test_the_temporary_folder_has_room_for_a_little():
    assert succeeds("for n in range(20): open(f'/tmp/{n}', 'wb').write(bytes(2**20))")


def test_code_has_as_much_processor_time_on_a_busy_machine():
    """Five processes share one core here, so the code takes two to five times as long by the clock."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})
    command = [sys.executable, "-c", "print(flush=True)\nwhile True: pass"]
    busy = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    try:
        assert all(process.stdout.readline() for process in busy)  # all of them run
        began = time.monotonic()
        assert succeeds("import time\nwhile time.process_time() < 0.8: pass", seconds=1)
        assert time.monotonic() - began > 1
    finally:
        os.sched_setaffinity(0, everywhere)
        for process in busy:
            process.kill()
            process.communicate()


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
