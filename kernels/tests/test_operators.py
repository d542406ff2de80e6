"""Each kernel under torch.compile: one graph, the same numbers, and shapes and strides as it says before it runs."""

import importlib.util

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from kernels import int4_matmul, int8_matmul
from kernels import swiglu as module
from kernels.attention import attention
from kernels.cross_entropy import cross_entropy
from kernels.embedding_bag import embedding_bag
from kernels.linear_cross_entropy import linear_cross_entropy
from kernels.lora_matmul import lora_matmul
from kernels.paged_attention import paged_attention
from kernels.rms_norm import rms_norm
from kernels.rope import rope
from kernels.swiglu import swiglu
from kernels.tests.beside import DEVICE, HALF, KINDS, distance, randn

CALLS = {
    "rms_norm": lambda kind: (rms_norm, randn(3, 5, 12, kind=kind), randn(12, kind=kind)),
    "rope": lambda kind: (
        rope, *(randn(2, 5, heads, 8, kind=kind, slope=False).transpose(1, 2).requires_grad_() for heads in (4, 2)),
        randn(1, 1, 5, 4, slope=False), randn(1, 1, 5, 4, slope=False),
    ),
    "swiglu": lambda kind: (swiglu, randn(3, 5, 16, kind=kind)),
    "cross_entropy": lambda kind: (cross_entropy, randn(6, 30, kind=kind), numbers(30, 6)),
    "linear_cross_entropy": lambda kind: (
        linear_cross_entropy, randn(6, 8, kind=kind), randn(30, 8, kind=kind), numbers(30, 6),
    ),
    "attention": lambda kind: (attention, *(randn(1, heads, 9, 16, kind=kind) for heads in (2, 1, 1))),
    "paged_attention": lambda kind: (
        paged_attention, randn(2, 2, 16, kind=kind, slope=False),
        *(randn(4, 16, 1, 16, kind=kind, slope=False) for _ in range(2)), numbers(4, 2, 2), numbers(20, 2) + 1,
    ),
    "int8_matmul": lambda kind: (
        int8_matmul.int8_matmul, randn(2, 1, 8, kind=kind), *int8_matmul.quantized(randn(10, 8, slope=False)),
    ),
    "int4_matmul": lambda kind: (
        int4_matmul.int4_matmul, randn(2, 1, 128, kind=kind), *int4_matmul.quantized(randn(10, 128, slope=False)),
    ),
    "lora_matmul": lambda kind: (
        lora_matmul, randn(3, 2, 8, kind=kind), randn(10, 8, kind=kind, slope=False), randn(4, 8, kind=kind),
        randn(10, 4, kind=kind), 2.0,
    ),
    "embedding_bag": lambda kind: (
        embedding_bag, numbers(10, 20), randn(10, 8, kind=kind), torch.arange(0, 20, 5, device=DEVICE),
        randn(20, kind=kind),
    ),
}  # fmt: skip


def numbers(below, *shape):
    return torch.randint(below, shape, device=DEVICE)


class Recorded(TorchDispatchMode):
    """The calls of our operators."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function.namespace == "capstan":
            self.calls.append((function, args))
        return function(*args, **kwargs or {})


def learned(function, *inputs):
    """Return results and gradients."""
    outputs = function(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    leaves = [x for x in inputs if isinstance(x, torch.Tensor) and x.requires_grad]
    return (*outputs, *(torch.autograd.grad([x.float().sin().sum() for x in outputs], leaves) if leaves else ()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CALLS)
def test_compiled_is_one_graph_and_gives_the_same(name, kind):
    function, *inputs = CALLS[name](kind)
    torch._dynamo.reset()
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    for tensor, expected in zip(learned(compiled, *inputs), learned(function, *inputs), strict=True):
        assert tensor.dtype == expected.dtype
        assert distance(tensor, expected) < 1e-6


@pytest.mark.parametrize("name", CALLS)
def test_what_it_returns_is_known_before_it_runs(name):
    with Recorded() as recorded:
        learned(*CALLS[name](HALF))
    assert name in [function._opname for function, _ in recorded.calls]
    for function, inputs in recorded.calls:
        torch.library.opcheck(function, inputs, test_utils=("test_schema", "test_faketensor"))


def test_the_copy_of_a_kernel_that_a_version_brings_is_another_operator():
    x = randn(3, 8)
    output = swiglu(x)
    spec = importlib.util.spec_from_file_location("copied", module.__file__)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    copied = copy.swiglu(x)
    (slope,), (copied_slope,) = torch.autograd.grad(output.sum(), x), torch.autograd.grad(copied.sum(), x)
    assert torch.equal(output, copied)
    assert torch.equal(slope, copied_slope)
