"""Each kernel compiled for GPUs that are not here: that it compiles, fits the device, and keeps its numbers on chip."""

import json
import os
import subprocess
import sys

import pytest

from kernels.benchmarks import KERNELS

SHARED = {80: 163, 90: 227}  # KB that a program can have, by compute capability: CUDA C++ Programming Guide, table 27
SPILLED = 4096  # bytes of each thread's numbers that leave the chip


def compiled(tmp_path, capability, *options):
    """Return what is known of each kernel that was compiled."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    process = subprocess.run(
        [sys.executable, "-m", "kernels.tests.ahead", str(capability), *options],
        capture_output=True, text=True, check=False, env=environment | {"TRITON_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return [json.loads(line) for line in process.stdout.splitlines()]


@pytest.mark.parametrize("capability", [90, pytest.param(80, marks=pytest.mark.rotating)])
def test_the_first_setting_of_each_kernel(tmp_path, capability):
    lines = compiled(tmp_path, capability)
    assert {line["kernel"] for line in lines} == set(KERNELS) - {"training_step"}
    for line in lines:
        assert line["type"] == "float32" or line["shared"] <= SHARED[capability] * 1024, line
        assert line["spilled"] <= SPILLED, line


@pytest.mark.rotating
def test_all_settings(tmp_path):
    lines = compiled(tmp_path, 90, "--all")
    assert len({str(line["setting"]) for line in lines if "setting" in line}) > 40
    for line in lines:
        assert line["spilled"] <= 4 * SPILLED, line  # it took a minute to compile one that spilled ten times as much
