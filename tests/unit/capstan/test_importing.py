"""What our modules import: no task or core of a component imports kfp, and importing does nothing."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from capstan.settings import ROOT
from capstan.versions.code import PACKAGES

NAMES = sorted(path.parent.name for path in ROOT.glob("pipelines/*/task.py"))


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
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    files = [path for path in files if path.name != "__main__.py" and "tests" not in path.parts]
    dotted = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    return sorted(name.removesuffix(".__init__") for name in dotted)


@pytest.mark.parametrize("name", NAMES)
def test_task_imports_neither_kfp_nor_a_library_of_a_step(name):
    code = f"import json, sys, pipelines.{name}.task; print(json.dumps(sorted(sys.modules)))"
    loaded = set(fresh(code))
    assert f"pipelines.{name}.task" in loaded
    assert not loaded & {"kfp", "mlflow", "feast", "ray", "lightgbm", "torch", "evidently", "kserve"}


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


@pytest.mark.rotating
@pytest.mark.slow
def test_importing_our_modules_writes_no_file_and_opens_no_connection(tmp_path):
    home, folder = tmp_path / "home", tmp_path / "folder"
    folder.mkdir()
    assert {"capstan.local.stack", "serving.server", "monitoring.reports", "feature_repo.store"} <= set(modules())
    code = f"""
import json, os, sys
from importlib import import_module
effects = []
ours = ({str(home)!r}, {str(ROOT)!r})
def watch(event, arguments):
    if event == "socket.connect":
        effects.append(f"{{event}} {{arguments[1]}}")
    if event == "os.mkdir" and str(arguments[0]).startswith(ours) and "__pycache__" not in str(arguments[0]):
        effects.append(f"{{event}} {{arguments[0]}}")
sys.addaudithook(watch)
for name in {modules()}:
    before = len(effects)
    import_module(name)
    effects[before:] = [f"{{name}}: {{what}}" for what in effects[before:]]
print(json.dumps(effects))"""
    assert fresh(code, CAPSTAN_HOME=str(home), cwd=str(folder)) == []
    assert not home.exists()
    assert list(folder.iterdir()) == []
