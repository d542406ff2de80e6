"""The benchmarks, tried on a CPU with small shapes: that they run and say what they should, not how fast."""

import importlib
import json
import sys

import pytest
import torch

from kernels.benchmarks import CPU, KERNELS, __main__, packed
from models.transformer.decoder import Shape

SMALL = {
    "rms_norm": ((4, 32),), "rope": ((1, 4, 2, 1, 16),), "swiglu": ((4, 16),), "cross_entropy": ((4, 50),),
    "linear_cross_entropy": ((8, 16, 50),), "attention": ((1, 32, 2, 1, 16),), "paged_attention": ((1, 32, 2, 1, 16),),
    "adamw": (([(8, 8), (8,)], torch.float32, "small"),), "lora_matmul": ((8, 16, 16),),
    "embedding_bag": ((20, 8, 4, 5),),
    "training_step": {"small": (Shape(50, 32, 1, 2, context=16), 2)}, "histograms": ((50, 3, 5),),
}  # fmt: skip

pytestmark = pytest.mark.rotating  # the interpreter takes long


@pytest.mark.skipif(torch.cuda.is_available(), reason="on a GPU, the benchmarks themselves are run")
def test_every_kernel_has_a_benchmark_that_runs(monkeypatch, tmp_path, capsys):
    for name, shapes in SMALL.items():
        monkeypatch.setattr(importlib.import_module(f"kernels.benchmarks.{name}"), "SHAPES", shapes)
    monkeypatch.setattr(packed, "SHAPES", ((1, 16, 128),))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--runs", "1", "--json", str(tmp_path / "rows.json")])
    __main__.main()
    report = json.loads((tmp_path / "rows.json").read_text())
    assert {row["kernel"] for row in report["rows"]} == {*KERNELS, *CPU}
    assert all(row["capstan"]["time"] > 0 and row["torch"]["time"] > 0 for row in report["rows"])
    assert "rms_norm, both, 4 x 32: capstan" in capsys.readouterr().out


def test_without_a_gpu_it_says_what_can_be_measured(monkeypatch):
    monkeypatch.setattr(__main__, "INTERPRETED", False)
    monkeypatch.setattr(__main__, "DEVICE", "cpu")
    monkeypatch.setattr(sys, "argv", ["benchmarks", "rope"])
    with pytest.raises(SystemExit, match=r"no GPU here\. Measured without one: histograms"):
        __main__.main()
