"""Every capstone keeps the contract; one that does not is told what it lacks; importing does nothing."""

import inspect
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from components.evaluate.metrics import score

import pipelines
from capstan import capstone, catalogue
from capstan.errors import CapstanError
from capstan.settings import ROOT

NAMES = sorted(path.parent.name for path in ROOT.glob("pipelines/*/task.py"))
PACKAGES = ["capstan", "components", "feature_repo", "monitoring", "pipelines", "serving"]


@pytest.fixture
def unfinished(tmp_path, monkeypatch) -> str:
    """A capstone that states its title and its label only."""
    folder = tmp_path / "unfinished"
    folder.mkdir()
    (folder / "task.py").write_text('TITLE = "Not done yet?"\nLABEL = "late"\n')
    monkeypatch.setattr(catalogue, "PIPELINES", tmp_path)
    monkeypatch.setattr(pipelines, "__path__", [str(tmp_path)])
    yield "unfinished"
    sys.modules.pop("pipelines.unfinished.task", None)
    sys.modules.pop("pipelines.unfinished", None)


def fresh(code: str, **environment: str) -> list[str]:
    """Run code in a new interpreter; return the JSON it prints last."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=environment.pop("cwd", ROOT),
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def modules() -> list[str]:
    """Return the name of every module of ours, but those that run when they are imported."""
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if path.name != "__main__.py"]
    dotted = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    return sorted(name.removesuffix(".__init__") for name in dotted)


def test_catalogue_lists_every_folder_with_a_task():
    assert catalogue.names() == NAMES
    assert "flight_delay" in NAMES


def test_folder_without_a_task_is_no_capstone(unfinished, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "README.md").write_text("nothing here")
    assert catalogue.names() == [unfinished]


@pytest.mark.parametrize("name", NAMES)
def test_functions_of_a_task_take_what_the_contract_says(name):
    task = catalogue.load_task(name)
    for function, stated in vars(capstone.Task).items():
        if inspect.isfunction(stated) and not function.startswith("_"):
            expected = list(inspect.signature(stated).parameters)[1:]
            assert list(inspect.signature(getattr(task, function)).parameters) == expected, function


@pytest.mark.parametrize("name", NAMES)
def test_values_of_a_task_agree_with_each_other(name):
    task = catalogue.load_task(name)
    assert [column for group in task.INPUT_GROUPS.values() for column in group] == task.INPUTS
    assert len(set(task.INPUTS)) == len(task.INPUTS)
    assert set(task.CATEGORIES) <= set(task.INPUTS)
    assert task.LABEL not in task.INPUTS
    assert set(task.THRESHOLDS) <= set(score([0, 1] * 10, [0.2, 0.7] * 10))
    assert 0 < task.CONTRACT_LIMIT < 1
    calibrate, test = pd.Timestamp(task.CALIBRATE_FROM), pd.Timestamp(task.TEST_FROM)
    assert calibrate < test and calibrate.tz is not None and test.tz is not None
    assert task.TITLE and "\n" not in task.TITLE


@pytest.mark.parametrize("name", [name for name in NAMES if catalogue.load_task(name).FEATURE_SERVICE])
def test_feature_service_of_a_task_offers_its_inputs(name):
    task = catalogue.load_task(name)
    domain = vars(import_module(f"feature_repo.{task.FEATURE_DOMAIN}"))
    service = domain[task.FEATURE_SERVICE]
    assert service.name == task.FEATURE_SERVICE
    offered = {feature.name for projection in service.feature_view_projections for feature in projection.features}
    assert set(task.INPUTS) <= offered | set(task.ENTITY_KEYS)


def test_task_that_lacks_names_is_told_each_of_them(unfinished):
    with pytest.raises(CapstanError) as error:
        catalogue.load_task(unfinished)
    message = str(error.value)
    assert "pipelines/unfinished/task.py" in message and "capstan/capstone.py" in message
    for needed in ("INPUTS", "THRESHOLDS", "Request", "load", "train", "examples"):
        assert needed in message
    for given in ("TITLE", "LABEL", "FEATURE_SERVICE"):  # stated, and optional
        assert given not in message.split("lacks")[1]


@pytest.mark.parametrize("load", [catalogue.load_task, catalogue.load_pipeline])
def test_unknown_capstone_is_answered_with_the_known_ones(load):
    with pytest.raises(CapstanError, match="no capstone 'nosuch'") as error:
        load("nosuch")
    for name in NAMES:
        assert name in str(error.value)


@pytest.mark.parametrize("name", ["..", "../capstan", "", "flight_delay/", "__pycache__"])
def test_name_that_is_no_folder_of_pipelines_is_unknown(name):
    with pytest.raises(CapstanError, match="There is no capstone"):
        catalogue.load_task(name)


@pytest.mark.parametrize("name", NAMES)
def test_task_does_not_import_kfp(name):
    code = f"import json, sys, pipelines.{name}.task; print(json.dumps(sorted(sys.modules)))"
    loaded = fresh(code)
    assert f"pipelines.{name}.task" in loaded
    assert "kfp" not in loaded


def test_no_core_of_a_component_imports_kfp():
    cores = [name for name in modules() if name.startswith("components.") and not name.endswith(".component")]
    assert "components.train.core" in cores
    code = f"""
import json, sys
from importlib import import_module
guilty = []
for name in {cores}:
    import_module(name)
    if "kfp" in sys.modules:
        guilty.append(name)
        break
print(json.dumps(guilty))"""
    assert fresh(code) == []


@pytest.mark.parametrize("shell", sorted(ROOT.glob("components/*/component.py")), ids=lambda path: path.parent.name)
def test_shell_of_a_component_is_short_and_has_a_core(shell: Path):
    assert len(shell.read_text().splitlines()) <= 30
    name = shell.parent.name
    core = import_module(f"components.{name}.core")
    assert callable(getattr(core, name))
    assert f"from components.{name}.core import" in shell.read_text()


def test_importing_our_modules_writes_no_file_and_opens_no_connection(tmp_path):
    home, folder = tmp_path / "home", tmp_path / "folder"
    folder.mkdir()
    assert {"capstan.stack", "serving.server", "monitoring.reports", "feature_repo.store"} <= set(modules())
    code = f"""
import json, os, sys
from importlib import import_module
found = []
ours = ({str(home)!r}, {str(ROOT)!r})
def watch(event, arguments):
    if event == "socket.connect":
        found.append(f"{{event}} {{arguments[1]}}")
    if event == "os.mkdir" and str(arguments[0]).startswith(ours) and "__pycache__" not in str(arguments[0]):
        found.append(f"{{event}} {{arguments[0]}}")
sys.addaudithook(watch)
for name in {modules()}:
    before = len(found)
    import_module(name)
    found[before:] = [f"{{name}}: {{what}}" for what in found[before:]]
print(json.dumps(found))"""
    assert fresh(code, CAPSTAN_HOME=str(home), cwd=str(folder)) == []
    assert not home.exists()
    assert list(folder.iterdir()) == []
