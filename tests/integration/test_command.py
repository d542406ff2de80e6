"""What the command says: usage, errors, settings, parameters, requests."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from capstan.settings import ROOT, settings
from tests.integration.conftest import CAPSTAN, capstan

COMMANDS = ["list", "new", "check", "run", "up", "down", "status", "predict", "compile", "open"]
COMMANDS += ["canary", "ab", "shadow", "promote", "rollback"]


def test_every_command_has_help_and_the_command_lists_them_all():
    overview = capstan("--help")
    assert overview.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in overview.stdout
        done = capstan(command, "--help")
        assert done.returncode == 0 and "Usage: capstan " + command in done.stdout.replace("\n", " ")


def test_commands_stand_in_groups_and_none_without_one():
    panels = re.split(r"^╭─ (\w+) ─+╮$", capstan("--help").stdout, flags=re.MULTILINE)
    shown = {
        title: set(re.findall(r"^│ (\w+) ", text, flags=re.MULTILINE))
        for title, text in zip(panels[1::2], panels[2::2], strict=True)
    }
    shown.pop("Options")
    assert list(shown) == ["Build", "Serve", "Watch", "Operate"]
    assert "run" in shown["Build"] and "promote" in shown["Serve"]
    assert {"monitor", "labels"} <= shown["Watch"] and {"up", "cluster"} <= shown["Operate"]


def test_version_is_that_of_the_package():
    done = capstan("--version")
    assert (done.returncode, done.stdout) == (0, f"capstan {version('capstan')}\n")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["nosuch"], "nosuch"),
        (["run"], "capstone"),
        (["run", "flight_delay", "--all"], "--all"),
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


def test_service_that_does_not_answer_exits_with_75_and_what_helps(place):
    done = place("predict", "flight_delay", "--entity", "carrier=UA")
    assert (done.returncode, done.stdout) == (75, "")
    assert done.stderr.startswith("Error: The endpoint does not answer") and "`capstan up`" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--set", "seed=abc"], "parameter 'seed' of flight_delay is of the type Integer, and 'abc' is not"),
        (["--set", "sead=1"], "Did you mean 'seed'?"),
        (["--set", 'as_of="1"'], "has a quotation mark"),
        (["--set", f"seed={'[' * 5000}"], "of the type Integer"),
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
    checked = checked_parameters("x", pipeline, {"penalty": 50, "seed": 1})
    assert checked == {"penalty": 50.0, "seed": 1} and [type(value) for value in checked.values()] == [float, int]


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
    with path.open() as file:
        done = subprocess.run(command, stdin=file, capture_output=True, text=True, env=os.environ | place.environment)
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
    listed = json.loads(capstan("list", "--json").stdout)
    assert [capstone["name"] for capstone in listed] == sorted(
        path.parent.name for path in ROOT.glob("pipelines/*/task.py")
    )
    assert all(capstone["title"].endswith("?") for capstone in listed)
    assert listed[0]["title"] in capstan("list").stdout


def test_unfinished_capstone_hides_no_other_from_the_list(place, tmp_path):
    (tmp_path / "more" / "unfinished").mkdir(parents=True)
    (tmp_path / "more" / "unfinished" / "task.py").write_text('TITLE = "Not done?"\n1 / 0\n')
    done = place("list", "--json", CAPSTAN_CAPSTONES=str(tmp_path / "more"))
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert "ZeroDivisionError" in rows["unfinished"]["problem"]
    known = ["contract", "endpoint", "features", "labels", "monitoring", "replay", "retraining"]
    assert rows["flight_delay"]["capabilities"] == known


def test_command_alone_imports_none_of_the_heavy_libraries_and_touches_no_disk(place):
    code = """
import json, sys
sys.argv = ["capstan"]
from cli import main
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
    assert "cli.app" in loaded
    assert not loaded & {"pandas", "numpy", "kfp", "mlflow", "feast", "ray", "lightgbm", "kserve", "httpx", "evidently"}
    assert not place.home.exists()
