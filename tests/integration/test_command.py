"""The command and its stack: real processes, with a state folder and ports of their own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from capstan.settings import ROOT, settings
from tests.integration.conftest import CAPSTAN, capstan
from tests.integration.place import PORTS, Place
from tests.support.processes import free_port

COMMANDS = ["list", "new", "check", "run", "up", "down", "status", "predict", "compile", "open"]
COMMANDS += ["canary", "ab", "shadow", "promote", "rollback"]


@pytest.fixture
def place(tmp_path):
    """A place where nothing runs."""
    place = Place(tmp_path / "home")
    yield place
    place.clear()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A place whose stack is up. Its name has what a URL would read as something else."""
    place = Place(tmp_path_factory.mktemp("running") / "home %20#1?x=y")
    try:
        done = place("up", "--json")
        assert done.returncode == 0, done.stderr
        yield place
    finally:
        place.clear()


@pytest.mark.slow
def test_state_folder_is_taken_by_its_name(running):
    assert [path.name for path in running.home.parent.iterdir()] == [running.home.name]
    assert {"mlflow.db", "artifacts"} >= {path.name for path in (running.home / "mlflow").iterdir()} >= {"mlflow.db"}
    assert {"mlflow", "evidently", "logs", "run"} <= {path.name for path in running.home.iterdir()}


@pytest.mark.slow
def test_services_survive_the_command_that_started_them_and_are_found_again(running):
    services = running.services()
    assert {name: service["state"] for name, service in services.items()} == dict.fromkeys(
        ["mlflow", "endpoint", "evidently"], "healthy"
    )
    for service in services.values():
        process = psutil.Process(service["pid"])
        assert process.parent().pid == 1 or "capstan" not in " ".join(process.parent().cmdline())
        assert os.getsid(process.pid) == process.pid


def test_up_twice_starts_nothing_twice(running):
    before = {name: service["pid"] for name, service in running.services().items()}
    count = len(running.processes())
    again = running("up")
    assert again.returncode == 0, again.stderr
    assert {name: service["pid"] for name, service in running.services().items()} == before
    assert len(running.processes()) == count


def test_services_listen_on_loopback_only(running):
    listening = [
        connection.laddr
        for process in running.processes()
        for connection in process.connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {int(running.environment[f"CAPSTAN_{name}_PORT"]) for name in PORTS} <= {at.port for at in listening}
    assert {at.ip for at in listening} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


@pytest.mark.slow
def test_killed_service_shows_as_stopped_and_up_restarts_it_alone(running):
    before = running.services()
    psutil.Process(before["mlflow"]["pid"]).kill()
    deadline = time.monotonic() + 10
    while (after := running.services())["mlflow"]["state"] != "stopped" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (after["mlflow"]["state"], after["mlflow"]["pid"]) == ("stopped", None)
    assert after["endpoint"]["state"] == "healthy"
    again = running("up")
    assert again.returncode == 0, again.stderr
    now = running.services()
    assert now["mlflow"]["state"] == "healthy" and now["mlflow"]["pid"] != before["mlflow"]["pid"]
    assert now["endpoint"]["pid"] == before["endpoint"]["pid"]


def test_open_prints_the_page_of_each_service(running):
    pages = json.loads(running("open", "--json").stdout)
    assert set(pages) == {"mlflow", "endpoint", "evidently"}
    assert "page/app.js" in httpx.get(pages["endpoint"], headers={"Accept": "text/html"}).text
    assert pages["evidently"].endswith(running.environment["CAPSTAN_EVIDENTLY_PORT"])


def test_prediction_of_a_capstone_that_is_not_deployed_says_so(running):
    done = running("predict", "flight_delay", "--entity", "carrier=UA")
    assert done.returncode == 1
    assert "flight_delay" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_up_with_another_port_refuses_at_once_and_names_both(running):
    began = time.monotonic()
    other = str(free_port())
    done = running("up", CAPSTAN_ENDPOINT_PORT=other)
    assert done.returncode == 1 and time.monotonic() - began < 20
    assert other in done.stderr and running.environment["CAPSTAN_ENDPOINT_PORT"] in done.stderr


@pytest.mark.slow
def test_stack_whose_state_files_are_lost_is_found_by_its_processes(running):
    """As after a kill between the start of a service and the writing of its file."""
    before = {name: service["pid"] for name, service in running.services().items()}
    for path in (running.home / "run").glob("*.json"):
        path.unlink()
    assert {name: service["pid"] for name, service in running.services().items()} == before
    assert running("up").returncode == 0
    assert {name: service["pid"] for name, service in running.services().items()} == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["canary", "flight_delay", "--percent", "10"], ["run", "flight_delay"]], ids=["canary", "run"]
)
def test_mlflow_that_hangs_is_given_up(arguments, running):
    mlflow = psutil.Process(running.services()["mlflow"]["pid"])
    group = [mlflow, *mlflow.children(recursive=True)]
    for process in group:
        process.suspend()
    try:
        done = capstan(*arguments, timeout=60, **running.environment)
    finally:
        for process in group:
            process.resume()
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "MLflow d" in done.stderr and "not answer" in done.stderr


@pytest.mark.slow
def test_down_in_a_copied_state_folder_stops_nothing(running, tmp_path):
    shutil.copytree(running.home, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
    done = running("down", CAPSTAN_HOME=str(tmp_path / "copy"))
    assert done.stdout.strip() == "Nothing was running."
    assert len(running.processes()) >= 3


@pytest.mark.slow
def test_down_stops_everything_that_up_started(running):
    started = running.processes()
    assert len(started) >= 3
    done = running("down", "--json")
    assert done.returncode == 0 and sorted(json.loads(done.stdout)) == ["endpoint", "evidently", "mlflow"]
    assert running.processes() == []
    for name in PORTS:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(running.environment[f"CAPSTAN_{name}_PORT"]))) != 0
    assert running("down").stdout.strip() == "Nothing was running."


@pytest.mark.slow
@pytest.mark.skipif(not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists(), reason="this machine has no IPv6")
def test_stack_listens_on_an_ipv6_address(place):
    done = place("up", "--json", CAPSTAN_HOST="::1")
    assert done.returncode == 0, done.stderr
    for service in json.loads(done.stdout):
        assert service["url"].startswith("http://[::1]:")
        assert httpx.get(service["url"]).status_code == 200


@pytest.mark.parametrize("name", PORTS)
def test_taken_port_is_named_with_the_variable_that_moves_it(name, place):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(place.environment[f"CAPSTAN_{name}_PORT"])))
        taken.listen()
        done = place("up")
    assert done.returncode == 1
    assert place.environment[f"CAPSTAN_{name}_PORT"] in done.stderr
    assert f"CAPSTAN_{name}_PORT" in done.stderr and "Traceback" not in done.stderr


def test_state_file_of_a_process_id_that_is_used_again_kills_nobody(place):
    """The file names a process that lives, and that is not the service: it began at another time."""
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (place.home / "run").mkdir(parents=True)
        saved = {"pid": bystander.pid, "created": psutil.Process(bystander.pid).create_time() - 3_600}
        (place.home / "run" / "mlflow.json").write_text(json.dumps(saved))
        assert place.services()["mlflow"]["state"] == "stopped"
        assert place("down").stdout.strip() == "Nothing was running."
        assert bystander.poll() is None
        assert not (place.home / "run" / "mlflow.json").exists()
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.parametrize("content", ["", "{", '{"pid": "x"}', "[]", '{"pid": 999999999, "created": 0}'])
def test_state_file_that_cannot_be_read_counts_as_stopped(content, place):
    (place.home / "run").mkdir(parents=True)
    (place.home / "run" / "mlflow.json").write_text(content)
    done = place("status", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["services"][0]["state"] == "stopped"


def test_open_of_a_stack_that_is_down_says_what_to_do(place):
    done = place("open")
    assert done.returncode == 1 and "capstan up" in done.stderr


def test_every_command_has_help_and_the_command_lists_them_all():
    overview = capstan("--help")
    assert overview.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in overview.stdout
        done = capstan(command, "--help")
        assert done.returncode == 0 and "Usage: capstan " + command in done.stdout.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["nosuch"], "nosuch"),
        (["run"], "capstone"),
        (["run", "flight_delay", "--seed", "many"], "--seed"),
        (["run", "flight_delay", "--set", "seed"], "NAME=VALUE"),
        (["predict", "flight_delay"], "--entity"),
        (["predict", "flight_delay", "--entity", "carrier"], "KEY=VALUE"),
        (["predict", "flight_delay", "--entity", "carrier=UA", "--file", "x.json"], "--file"),
        (["list", "--nosuch"], "--nosuch"),
        (["prdict", "flight_delay"], "Did you mean 'predict'?"),
    ],
)
def test_wrong_usage_exits_with_2_and_names_what_is_wrong(arguments, names):
    done = capstan(*arguments)
    assert done.returncode == 2, done.stderr
    assert names in done.stderr and "Traceback" not in done.stderr and not done.stdout


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["run", "nosuch"], "flight_delay"),
        (["compile", "nosuch"], "flight_delay"),
        (["predict", "nosuch", "--entity", "a=b"], "flight_delay"),
        (["predict", "flight_delay", "--entity", "carrier=UA"], "capstan up"),
        (["predict", "flight_delay", "--file", "/nosuch.json"], "/nosuch.json"),
        (["compile", "flight_delay", "-o", "/nosuch/x.yaml"], "/nosuch/x.yaml"),
        (["run", "fligt_delay"], "Did you mean 'flight_delay'?"),
    ],
)
def test_users_error_exits_with_1_and_one_message(arguments, names, place):
    done = place(*arguments)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("Error: ") and names in done.stderr
    assert "Traceback" not in done.stderr and not done.stdout


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--set", "seed=abc"], "parameter 'seed' of flight_delay is of the type Integer, and 'abc' is not"),
        (["--set", "sead=1"], "Did you mean 'seed'?"),
        (["--set", "as_of=1"], "of the type String"),
    ],
)
def test_parameter_that_does_not_fit_is_refused_before_anything_starts(arguments, names, place):
    done = place("run", "flight_delay", *arguments)
    assert done.returncode == 1 and names in done.stderr and "Traceback" not in done.stderr
    assert place.processes() == []


def test_whole_number_is_a_float_parameter():
    from types import SimpleNamespace

    from capstan.runner.local import checked_parameters

    inputs = {"penalty": SimpleNamespace(type="Float"), "seed": SimpleNamespace(type="Integer")}
    pipeline = SimpleNamespace(component_spec=SimpleNamespace(inputs=inputs))
    found = checked_parameters("x", pipeline, {"penalty": 50, "seed": 1})
    assert found == {"penalty": 50.0, "seed": 1} and [type(value) for value in found.values()] == [float, int]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ('[{"x": NaN}]', "NaN is not JSON"),
        ("[" * 100_000, "is not readable JSON"),
        ("", "is not readable JSON"),
        ('"x"', "holds a str"),
    ],
    ids=["NaN", "deep", "empty", "text"],
)
@pytest.mark.parametrize("way", ["file", "standard input"])
def test_request_that_is_no_json_is_one_message(content, names, way, place, tmp_path):
    path = tmp_path / "request.json"
    path.write_text(content)
    command = [CAPSTAN, "predict", "flight_delay", "--file", "-" if way == "standard input" else str(path)]
    with path.open() as given:
        done = subprocess.run(command, stdin=given, capture_output=True, text=True, env=os.environ | place.environment)
    assert done.returncode == 1 and names in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "names"),
    [
        ("CAPSTAN_MLFLOW_PORT", "abc", "CAPSTAN_MLFLOW_PORT"),
        ("CAPSTAN_MAX_BODY_BYTES", "0", "greater than 0"),
        ("CAPSTAN_TOKEN", "zauberwört", "CAPSTAN_TOKEN"),
        ("CAPSTAN_TOKEN", "first\nsecond", "a newline"),
        ("CAPSTAN_HOME", "/dev/null/home", "/dev/null/home"),
    ],
)
def test_setting_that_cannot_be_is_one_message_that_names_it_and_no_secret(variable, value, names, place):
    done = place("up", **{variable: value})
    assert done.returncode == 1 and names in done.stderr and "Traceback" not in done.stderr
    assert not any(secret in done.stderr for secret in ("zauberw", "first", "second"))


def test_misspelt_setting_is_named_with_the_nearest_and_the_command_goes_on(place):
    done = place("list", CAPSTAN_ENPOINT_PORT="1")
    assert done.returncode == 0
    assert "CAPSTAN_ENPOINT_PORT is not a setting. Did you mean 'CAPSTAN_ENDPOINT_PORT'?" in done.stderr


def test_empty_setting_counts_as_none(place, tmp_path):
    code = "from capstan.settings import settings; print(settings().home)"
    environment = os.environ | {"CAPSTAN_HOME": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.stdout.strip() == str(ROOT / ".capstan")


def test_dead_link_in_the_data_folder_is_no_traceback(place, tmp_path, monkeypatch):
    from capstan.runner.step_cache import _data_files

    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")
    (tmp_path / "alive").write_text("x")
    monkeypatch.setenv("CAPSTAN_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    try:
        assert [line.split()[0] for line in _data_files()] == [str(tmp_path), "alive"]
    finally:
        settings.cache_clear()


def test_list_as_json_names_every_capstone_and_its_question():
    found = json.loads(capstan("list", "--json").stdout)
    assert [capstone["name"] for capstone in found] == sorted(
        path.parent.name for path in ROOT.glob("pipelines/*/task.py")
    )
    assert all(capstone["title"].endswith("?") for capstone in found)
    assert found[0]["title"] in capstan("list").stdout


def test_unfinished_capstone_hides_no_other_from_the_list(place, tmp_path):
    (tmp_path / "more" / "unfinished").mkdir(parents=True)
    (tmp_path / "more" / "unfinished" / "task.py").write_text('TITLE = "Not done?"\n1 / 0\n')
    done = place("list", "--json", CAPSTAN_CAPSTONES=str(tmp_path / "more"))
    assert done.returncode == 0, done.stderr
    found = {row["name"]: row for row in json.loads(done.stdout)}
    assert "ZeroDivisionError" in found["unfinished"]["problem"]
    assert found["flight_delay"]["capabilities"] == ["contract", "endpoint", "features", "monitoring"]


def test_command_alone_imports_none_of_the_heavy_libraries_and_touches_no_disk(place):
    code = """
import json, sys
sys.argv = ["capstan"]
from capstan.cli import main
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
print(json.dumps(sorted(sys.modules)))"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | place.environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "capstan.cli.app" in loaded
    assert not loaded & {"pandas", "numpy", "kfp", "mlflow", "feast", "ray", "lightgbm", "kserve", "httpx", "evidently"}
    assert not place.home.exists()
