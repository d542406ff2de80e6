"""A change of a pipeline shows in review: the flagship's YAML, and every other capstone's table of steps, are kept."""

import difflib
import subprocess
import sys
from pathlib import Path

import pytest

from capstan import catalogue
from capstan.settings import ROOT
from tests.support import golden

NAMES = sorted(path.parent.name for path in catalogue.PIPELINES.glob("*/task.py"))


@pytest.mark.parametrize("name", NAMES)
def test_pipeline_compiles_to_its_golden_file(name, compile_pipeline):
    file = golden.file(name)
    kept = file.read_text() if file.exists() else ""
    compiled = golden.content(name, compile_pipeline(name))
    lines = difflib.unified_diff(kept.splitlines(), compiled.splitlines(), "golden", "compiled", lineterm="")
    changed = "\n".join(list(lines)[:40])
    assert compiled == kept, f"pipelines/{name} has changed. Run `make golden` and read the difference:\n{changed}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flight_delay", "credit_risk"])  # one that is written out, one on the standard road
def test_command_of_kfp_compiles_the_same(name, tmp_path):
    output = tmp_path / "x.yaml"
    kfp = str(Path(sys.executable).with_name("kfp"))
    command = [kfp, "dsl", "compile", "--py", f"pipelines/{name}/pipeline.py", "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert golden.content(name, output.read_text()) == golden.file(name).read_text()
