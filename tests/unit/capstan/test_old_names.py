"""Old names of modules are second names of the modules of today."""

import subprocess
import sys
from importlib import import_module

import pytest

from capstan import old_names
from capstan.settings import ROOT


@pytest.mark.parametrize("old", old_names.NAMES)
def test_an_old_name_is_the_module_of_today(old):
    today = import_module(old_names.NAMES[old])
    assert import_module(old) is today
    assert today.__name__ == today.__spec__.name == old_names.NAMES[old]


def test_modules_of_a_renamed_package_are_there_once():
    assert import_module("capstan.cluster.names") is import_module("cluster.names")


@pytest.mark.parametrize(
    ("name", "today"),
    [("capstan.cluster.names", "cluster.names"), ("capstan.model", "capstan.contract.model"), ("capstan", "capstan")],
)
def test_names_of_today(name, today):
    assert old_names.current(name) == today


def test_a_name_that_never_was_is_not_found():
    with pytest.raises(ModuleNotFoundError, match=r"capstan\.cluster\.nothing"):
        import_module("capstan.cluster.nothing")


def fresh(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT)


def test_an_old_name_is_a_program_too():
    """Kubernetes runs `python -m capstan.cluster.prepare` until its manifests are applied again."""
    done = fresh("-m", "capstan.cluster.prepare")
    assert f'File "{ROOT}/cluster/prepare.py"' in done.stderr and "main()" in done.stderr


def test_a_pipeline_of_a_user_imports_the_road_first():
    done = fresh("-c", "from pipelines import road; print(road.standard.__module__)")
    assert (done.stdout, done.stderr) == ("graphs.road\n", "")
