"""A capstone may keep its compiled pipeline in `tests/pipeline.yaml`: a change of the pipeline then shows in review."""

import difflib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from capstan.catalogue import load_task
from capstan.images import image
from capstan.settings import ROOT

GOLDEN = {path.parents[1].name: path for path in sorted(ROOT.glob("pipelines/*/tests/pipeline.yaml"))}


def test_the_flagship_has_a_golden_file():
    assert "flight_delay" in GOLDEN


@pytest.mark.parametrize("name", GOLDEN)
def test_pipeline_compiles_to_its_golden_file(name, compile_pipeline):
    kept, compiled = GOLDEN[name].read_text(), compile_pipeline(name).replace(image(), "capstan:golden")
    lines = difflib.unified_diff(kept.splitlines(), compiled.splitlines(), "golden", "compiled", lineterm="")
    changed = "\n".join(list(lines)[:40])
    assert compiled == kept, f"pipelines/{name} has changed. Run `make golden` and read the difference:\n{changed}"


@pytest.mark.parametrize("name", GOLDEN)
def test_each_step_has_the_libraries_of_the_capstone(name):
    extra = getattr(load_task(name), "EXTRA", "")
    images = set(re.findall(r"image: (\S+)", GOLDEN[name].read_text()))
    assert images == {f"capstan:golden-{extra}" if extra else "capstan:golden"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flight_delay", "credit_risk"])  # one with an extra
def test_command_of_kfp_compiles_the_same(name, tmp_path):
    output = tmp_path / "x.yaml"
    kfp = str(Path(sys.executable).with_name("kfp"))
    command = [kfp, "dsl", "compile", "--py", f"pipelines/{name}/pipeline.py", "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert output.read_text().replace(image(), "capstan:golden") == GOLDEN[name].read_text()
