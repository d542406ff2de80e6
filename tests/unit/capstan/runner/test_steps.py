"""Steps that are forked: their output and status, what they are forked from, and what happens without it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kfp import dsl

from capstan.runner.command import is_lightweight
from capstan.runner.libraries import LIBRARIES, library
from capstan.runner.steps import SHARED, Steps, start_server, step_server
from capstan.settings import ROOT
from tests.support.processes import wait_until


def command(source: str, name: str = "step") -> list[str]:
    """Return the command of a component with this source, as kfp makes it."""

    @dsl.component(base_image="python", install_kfp_package=False)
    def step():
        pass

    compiled = list(step.component_spec.implementation.container.command)
    function = f"\nfrom kfp import dsl\n\ndef {name}():\n" + "\n".join(f"    {line}" for line in source.splitlines())
    inputs = '{"inputs": {}, "outputs": {"outputFile": "/tmp/none"}}'
    script = compiled[2].replace("python3", sys.executable)  # as kfp does
    return [*compiled[:2], script, function, "--executor_input", inputs, "--function_to_execute", name]


@pytest.fixture(scope="module")
def steps():
    with step_server() as started:
        started.libraries = {*LIBRARIES}
        yield started


def forked_from(steps: Steps) -> list[psutil.Process]:
    """Return the server and the processes of heavy libraries behind it."""
    server = psutil.Process(steps.server.pid)
    return [server, *server.children(recursive=True)]


def test_step_prints_line_by_line_and_succeeds(steps, capsys):
    assert is_lightweight(command("pass"))
    assert steps.run(command("print('héllo')\nimport sys\nprint('there', file=sys.stderr)")) == 0
    printed = capsys.readouterr().out
    assert "héllo\n" in printed and "there\n" in printed


def test_step_is_a_child_of_the_server_and_not_a_new_interpreter(steps, capsys):
    steps.run(command("import os, sys\nprint('parent', os.getppid(), 'pandas' in sys.modules)"))
    assert f"parent {steps.server.pid} True" in capsys.readouterr().out


def test_step_of_a_pipeline_without_heavy_libraries_runs_once(capsys):
    with step_server() as steps:
        steps.libraries = set()
        assert steps.run(command("print('once')")) == 0
    assert capsys.readouterr().out.count("once") == 1


def test_step_that_raises_fails_with_its_traceback(steps, capsys):
    assert steps.run(command("raise ValueError('on purpose')")) == 1
    assert "ValueError: on purpose" in capsys.readouterr().out


def test_step_that_is_killed_fails(steps):
    assert steps.run(command("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")) == 137


def test_step_may_start_processes_and_wait_for_them(steps, capsys):
    assert steps.run(command("import subprocess\nprint(subprocess.run(['sh', '-c', 'exit 3']).returncode)")) == 0
    assert "\n3\n" in capsys.readouterr().out


def test_step_may_use_all_threads_of_numpy(steps, capsys):
    code = "import numpy, threadpoolctl\nprint([p['num_threads'] for p in threadpoolctl.threadpool_info()])"
    steps.run(command(code))
    assert f"[{os.cpu_count()}]" in capsys.readouterr().out


@pytest.mark.slow
def test_what_steps_are_forked_from_has_no_threads_sockets_or_loaded_engines(steps):
    """After a step that was not cached, one process per heavy library imports."""
    for source in ("pass", "import evidently"):  # the second waits until the last library is imported
        steps.run(command(source))
    end = time.monotonic() + 20
    while len(forked := forked_from(steps)) != 1 + len(LIBRARIES) and time.monotonic() < end:
        time.sleep(0.1)  # a step that is ending is a child as well
    assert len(forked) == 1 + len(LIBRARIES)
    for process in forked:
        assert process.num_threads() == 1, process
        assert process.connections() == [], process
        loaded = {Path(region.path).name for region in process.memory_maps()}
        assert not [name for name in loaded if "duckdb" in name or "lightgbm" in name], process


@pytest.mark.slow  # the test before waits until the libraries are imported
def test_step_of_a_heavy_library_finds_it_imported(steps, capsys):
    steps.run(command("pass"))
    steps.run(command("import sys\nprint('evidently' in sys.modules)\nimport evidently"))
    assert "True" in capsys.readouterr().out


@pytest.mark.slow
def test_libraries_of_steps_that_are_not_to_come_are_not_imported(capsys):
    with step_server() as steps:
        steps.libraries = {"mlflow.pyfunc"}
        steps.run(command("pass"))
        shown = "import sys\nprint([name in sys.modules for name in ('mlflow.pyfunc', 'evidently')])\nimport mlflow"
        steps.run(command(shown))
    assert "[True, False]" in capsys.readouterr().out


def test_step_starts_plainly_when_the_server_is_gone(capsys):
    with step_server() as steps:
        steps.server.kill()
        steps.server.wait()
        assert steps.run(command("import os\nprint('parent', os.getppid())")) == 0
    printed = capsys.readouterr().out
    assert "parent" in printed and f"parent {steps.server.pid}" not in printed


@pytest.mark.slow
def test_server_ends_with_the_run(capsys):
    with step_server() as steps:
        steps.libraries = {"mlflow.pyfunc"}
        steps.run(command("pass"))
        processes = forked_from(steps)
    assert psutil.wait_procs(processes, timeout=30)[1] == []


@pytest.fixture
def shared(tmp_path, monkeypatch) -> Iterator[subprocess.Popen]:
    """A step server for many runs."""
    monkeypatch.setenv(SHARED, str(tmp_path / "fifo"))
    with start_server(tmp_path / "server.log", tmp_path / "fifo") as server:
        yield server


def test_runs_share_a_server_and_each_step_has_the_environment_of_its_run(shared, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    for number in ("1", "2"):
        monkeypatch.setenv("CAPSTAN_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("NUMBER", number)
        with step_server() as steps:
            code = "import os\nfrom capstan.settings import settings\nprint(os.getppid(), os.environ['NUMBER'], "
            assert steps.run(command(f"{code}os.getcwd() == str(settings().data_dir))")) == 0
        assert f"{shared.pid} {number} True" in capsys.readouterr().out


def test_a_step_whose_run_is_gone_ends(shared, tmp_path):
    os.mkfifo(tmp_path / "output")  # nobody reads it
    request = {"command": command("print(1)"), "output": str(tmp_path / "output"), "status": str(tmp_path / "status")}
    request |= {"library": None, "preload": [], "environment": dict(os.environ), "folder": str(tmp_path)}
    with (tmp_path / "fifo").open("w") as fifo:
        fifo.write(f"{json.dumps(request)}\n")
    with step_server() as steps:
        assert steps.run(command("print(2)")) == 0  # the first one was forked before
    wait_until(lambda: not psutil.Process(shared.pid).children())


@pytest.mark.slow
def test_a_server_counts_the_time_of_its_steps(shared):
    with step_server() as steps:
        assert steps.run(command("import time\nwhile time.process_time() < 3: pass")) == 0
    wait_until(lambda: sum(psutil.Process(shared.pid).cpu_times()[2:4]) > 2)  # of children that have ended


def test_step_starts_plainly_when_the_shared_server_is_gone(shared, capsys):
    with step_server() as steps:
        shared.kill()
        shared.wait()
        assert steps.run(command("import os\nprint('parent', os.getppid())")) == 0
    assert f"parent {shared.pid}" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("component", "module"),
    [
        ("ingest", None),
        ("build_features", "feast"),
        ("train", "mlflow.pyfunc"),
        ("register", "mlflow.tracking.request_header.registry"),
        ("baseline_report", "evidently"),
    ],
)
def test_a_step_is_forked_from_the_library_that_its_component_imports(component, module):
    assert library((ROOT / "components" / component / "component.py").read_text()) == module


def run_and_be_killed(folder: Path, code: str) -> tuple[subprocess.Popen, psutil.Process]:
    """Run a step in another process until it writes its process id to `folder / "pid"`; return both processes."""
    script = f"""
from pathlib import Path
from capstan.runner.steps import step_server
from tests.unit.capstan.runner.test_steps import command

with step_server() as steps:
    {code}
    steps.run(command({STEP.format(folder=folder)!r}))
"""
    running = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.DEVNULL)
    wait_until(lambda: (folder / "pid").exists() and (folder / "pid").read_text(), 120)
    return running, psutil.Process(int((folder / "pid").read_text()))


STEP = """
import os, time
from pathlib import Path
Path("{folder}/pid").write_text(str(os.getpid()))
try:
    time.sleep(3600)
finally:
    Path("{folder}/cleaned").touch()
"""


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_no_step_and_no_server(tmp_path):
    """Not even where another process has the server's standard input open."""
    held = "import subprocess; subprocess.Popen(['sleep', '60'], pass_fds=[steps.server.stdin.fileno()])"
    running, step = run_and_be_killed(tmp_path, held)
    server = step.parent()
    holder = next(child for child in psutil.Process(running.pid).children() if child.name() == "sleep")
    try:
        running.kill()
        running.wait()
        assert psutil.wait_procs([step, server], timeout=30)[1] == []
        assert (tmp_path / "cleaned").exists() and holder.is_running()
    finally:
        holder.kill()
