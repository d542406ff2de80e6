"""The stack that the command starts: real processes, with their own state folder and ports."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests.integration.conftest import capstan
from tests.integration.place import PORTS, Place
from tests.support.processes import ROOT, free_port


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


@pytest.mark.slow
@pytest.mark.rotating
def test_a_proxy_of_the_environment_is_for_what_is_elsewhere(place):
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    place.environment |= dict.fromkeys(names, "socks5://127.0.0.1:9") | {"NO_PROXY": "", "no_proxy": ""}
    place.environment["CAPSTAN_CAPSTONES"] = str(ROOT / "tests" / "capstones")
    started = place("up")
    assert started.returncode == 0, started.stderr
    done = place("run", "house_sale", "--json")  # its deployment asks the endpoint
    assert done.returncode == 0, done.stderr
    assert {service["state"] for service in place.services().values()} == {"healthy"}


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
    assert {int(running.environment[f"CAPSTAN_{name}_PORT"]) for name in PORTS} <= {
        address.port for address in listening
    }
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


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


@pytest.mark.slow
def test_service_that_is_killed_while_up_waits_for_it_is_started_again(running):
    """As one whose kill has not yet taken effect when `up` looks."""
    dying = running.process("evidently")
    dying.suspend()
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(running, "up")
        time.sleep(4)  # it waits for the answer of the service, up to 10 s
        dying.kill()
        assert again.result().returncode == 0, again.result().stderr
    now = running.services()["evidently"]
    assert now["state"] == "healthy" and now["pid"] != dying.pid


def test_open_prints_the_page_of_each_service(running):
    pages = json.loads(running("open", "--json").stdout)
    assert list(pages) == ["console", "mlflow", "endpoint", "evidently"]
    assert "monitoring/app.js" in httpx.get(pages["console"], headers={"Accept": "text/html"}).text
    assert "page/app.js" in httpx.get(pages["endpoint"], headers={"Accept": "text/html"}).text
    assert pages["evidently"].endswith(running.environment["CAPSTAN_EVIDENTLY_PORT"])


def test_prediction_of_a_capstone_that_is_not_deployed_says_so(running):
    done = running("predict", "flight_delay", "--entity", "carrier=UA")
    assert done.returncode == 1
    assert "flight_delay" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_up_with_another_port_refuses_at_once_and_names_both(running):
    began = time.monotonic()
    port = str(free_port())
    done = running("up", CAPSTAN_ENDPOINT_PORT=port)
    assert done.returncode == 1 and time.monotonic() - began < 20
    assert port in done.stderr and running.environment["CAPSTAN_ENDPOINT_PORT"] in done.stderr


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
def test_stack_whose_folder_was_deleted_is_started_again(running):
    """As in a second clone, where the first one was deleted while its stack ran."""
    before = {service["pid"] for service in running.services().values()}
    shutil.rmtree(running.home)
    ensured = "from capstan import stack; stack.ensure('mlflow')"  # as a run does
    subprocess.run([sys.executable, "-c", ensured], check=True, env=os.environ | running.environment)
    assert (running.home / "mlflow" / "mlflow.db").exists()
    done = running("up")
    assert done.returncode == 0, done.stderr
    after = running.services()
    assert {service["state"] for service in after.values()} == {"healthy"}
    assert not before & {service["pid"] for service in after.values()}
    assert not any(psutil.pid_exists(pid) for pid in before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["canary", "flight_delay", "--percent", "10"], 75), (["run", "flight_delay"], 1)],  # a run would start it
    ids=["canary", "run"],
)
def test_mlflow_that_hangs_is_given_up(arguments, code, running):
    mlflow = running.process("mlflow")
    group = [mlflow, *mlflow.children(recursive=True)]
    for process in group:
        process.suspend()
    try:
        done = capstan(*arguments, **running.environment)
    finally:
        for process in group:
            process.resume()
    assert done.returncode == code and "Traceback" not in done.stderr
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
    assert "Traceback" not in (running.home / "logs" / "endpoint.log").read_text()
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


def test_service_that_shows_no_environment_yet_has_not_stopped(place):
    """So it is for a moment after a start: 4 of 7,580 starts of Python on a busy machine were seen in it."""
    service = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={})
    (place.home / "run").mkdir(parents=True)
    saved = {"pid": service.pid, "created": psutil.Process(service.pid).create_time()}
    (place.home / "run" / "mlflow.json").write_text(json.dumps(saved))
    assert place.services()["mlflow"]["pid"] == service.pid
    assert "MLflow" in place("down").stdout
    service.wait(10)


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


@pytest.mark.slow
def test_folders_of_capstones_that_are_set_while_the_stack_runs_are_served(running, tmp_path):
    before = running.services()["endpoint"]["pid"]
    folder = str(ROOT / "tests" / "capstones")
    assert running("up", CAPSTAN_CAPSTONES=folder).returncode == 0
    restarted = running.services()["endpoint"]["pid"]
    assert restarted != before and psutil.Process(restarted).environ()["CAPSTAN_CAPSTONES"] == folder
    relative = os.path.relpath(folder, psutil.Process(restarted).cwd())
    assert running("up", CAPSTAN_CAPSTONES=relative).returncode == 0
    assert running.services()["endpoint"]["pid"] == restarted  # the same folder by another name
    missing = running("up", CAPSTAN_CAPSTONES=str(tmp_path / "missing"))
    assert missing.returncode == 1 and f"there is no folder {tmp_path / 'missing'}" in missing.stderr
    assert running("up").returncode == 0
