"""Every pipeline compiles to the YAML that is kept beside it, and that YAML is fit for a cluster."""

import difflib
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from kfp import compiler

from capstan import catalogue
from capstan.settings import ROOT, Settings

GOLDEN = ROOT / "tests" / "golden"
NAMES = catalogue.names()


@pytest.fixture(scope="module", params=NAMES)
def compiled(request, tmp_path_factory) -> tuple[str, str]:
    """A capstone's name and the YAML its pipeline compiles to now."""
    path = tmp_path_factory.mktemp("compiled") / "pipeline.yaml"
    compiler.Compiler().compile(catalogue.load_pipeline(request.param), str(path))
    return request.param, path.read_text()


def executors(text: str) -> dict[str, dict]:
    """Return the container of each executor."""
    parts = next(part for part in yaml.safe_load_all(text) if "deploymentSpec" in part)
    return {name: entry["container"] for name, entry in parts["deploymentSpec"]["executors"].items()}


def test_every_golden_file_belongs_to_a_capstone():
    assert sorted(path.stem for path in GOLDEN.glob("*.yaml")) == NAMES


def test_pipeline_compiles_to_its_golden_file(compiled):
    name, text = compiled
    path = GOLDEN / f"{name}.yaml"
    kept = path.read_text() if path.exists() else ""
    lines = difflib.unified_diff(kept.splitlines(), text.splitlines(), f"golden/{name}.yaml", "compiled", lineterm="")
    changed = "\n".join(list(lines)[:40])
    assert text == kept, f"pipelines/{name} has changed. Run `make golden` and read the difference:\n{changed}"


def test_every_step_runs_our_image_and_states_its_resources(compiled):
    _name, text = compiled
    assert len(executors(text)) >= 5
    for step, container in executors(text).items():
        assert container["image"] == Settings.model_fields["image"].default, step
        resources = container.get("resources", {})
        for what in ("CpuRequest", "CpuLimit", "MemoryRequest", "MemoryLimit"):
            assert resources.get(f"resource{what}"), f"{step} sets no {what}"


def test_no_step_installs_packages_when_it_starts(compiled):
    _name, text = compiled
    for phrase in ("pip install", "pip3 install", "packages_to_install", "ensurepip", "pip_index_url"):
        assert phrase not in text


def test_yaml_names_no_path_of_the_machine_that_compiled_it(compiled):
    _name, text = compiled
    for path in (str(ROOT), str(Path.home()) + "/", sys.prefix):
        assert path not in text


@pytest.mark.parametrize("name", NAMES)
def test_command_of_kfp_compiles_the_same(name, tmp_path):
    output = tmp_path / "x.yaml"
    kfp = str(Path(sys.executable).with_name("kfp"))
    command = [kfp, "dsl", "compile", "--py", f"pipelines/{name}/pipeline.py", "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert output.read_text() == (GOLDEN / f"{name}.yaml").read_text()
