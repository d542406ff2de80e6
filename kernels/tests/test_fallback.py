"""What a kernel does not take, its reference answers, with one warning."""

import subprocess
import sys
import warnings

import pytest
import torch

from kernels import fallback, notice
from kernels.attention import attention
from kernels.reference.attention import attention as reference
from kernels.rms_norm import rms_norm
from kernels.swiglu import swiglu
from kernels.tests.beside import randn


@pytest.fixture(autouse=True)
def as_at_first():
    notice.warn.cache_clear()


def test_one_warning_for_each_reason():
    x = randn(4, 8).to(torch.int32)
    with pytest.warns(notice.FallbackWarning, match=r"kernels.rms_norm: it takes .* not torch.int32"):
        first = rms_norm(x, x[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(rms_norm(x, x[0]), first)


def test_a_size_that_it_does_not_take():
    q, k, v = (randn(1, 1, 5, 24, slope=False) for _ in range(3))
    with pytest.warns(notice.FallbackWarning, match="a size of"):
        output = attention(q, k, v)
    assert torch.equal(output, reference(q, k, v))


def test_no_gpu(monkeypatch):
    monkeypatch.setattr(fallback, "INTERPRETED", False)
    with pytest.warns(notice.FallbackWarning, match="no kernel runs on a device of type 'cpu'"):
        swiglu(torch.ones(2, 4))


WITHOUT = """
import importlib, pkgutil, sys, warnings
sys.modules["triton"] = None  # as where it is not installed
import torch
import kernels
for module in pkgutil.iter_modules(kernels.__path__, "kernels."):
    importlib.import_module(module.name)
from kernels.int4_matmul import int4_matmul, quantized
with warnings.catch_warnings(record=True) as warned:
    made = int4_matmul(torch.ones(2, 128), *quantized(torch.ones(3, 128)))
assert torch.allclose(made, torch.full((2, 3), 128.0), rtol=1e-3), made
print(*(one.message for one in warned))
"""


def test_no_triton():
    process = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert process.stdout == "kernels.int4_matmul: Triton is not installed; its reference answers instead.\n"
