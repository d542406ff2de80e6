"""A linear layer and its cross entropy."""

import pytest
import torch

from kernels import linear_cross_entropy as module
from kernels.linear_cross_entropy import linear_cross_entropy
from kernels.reference.linear_cross_entropy import linear_cross_entropy as reference
from kernels.tests.beside import DEVICE, FLOAT, HALF, KINDS, check, randn

pytestmark = pytest.mark.rotating  # the interpreter takes long


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("logits", [2**28, 2000])  # at a time: all of them, or those of some rows
@pytest.mark.parametrize(("rows", "width", "classes"), [(3, 8, 5), (50, 33, 61), (100, 64, 100)])
def test_equals_its_reference(kind, logits, rows, width, classes, monkeypatch):
    monkeypatch.setattr(module, "LOGITS", logits)
    right = torch.randint(classes, (rows,), device=DEVICE)
    right[rows // 2] = -100
    inputs = randn(rows, width, kind=kind), randn(classes, width, kind=kind)
    check(linear_cross_entropy, reference, *inputs, right, far=1e-5 if kind == FLOAT else 2e-2)


def test_a_part_of_the_gradients():
    right = torch.randint(20, (12,), device=DEVICE)
    check(linear_cross_entropy, reference, randn(12, 5), randn(20, 5, slope=False), right, far=1e-5)
    check(linear_cross_entropy, reference, randn(12, 5, slope=False), randn(20, 5), right, far=1e-5)
    check(linear_cross_entropy, reference, randn(12, 5, slope=False), randn(20, 5, slope=False), right, far=1e-5)


def test_a_slope_that_is_not_1():
    right = torch.randint(20, (12,), device=DEVICE)
    check(
        lambda x, w: 3 * linear_cross_entropy(x, w, right),
        lambda x, w: 3 * reference(x, w, right),
        randn(12, 5),
        randn(20, 5),
        far=1e-5,
    )


def test_the_logits_of_all_rows_never_exist(monkeypatch):
    if DEVICE == "cuda":
        x, weight = randn(4096, 256, kind=HALF), randn(32768, 256, kind=HALF)
        right = torch.randint(32768, (4096,), device=DEVICE)
        monkeypatch.setattr(module, "LOGITS", 2**22)
        linear_cross_entropy(x, weight, right).backward()  # what the libraries keep is there before
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        linear_cross_entropy(x, weight, right).backward()
        assert torch.cuda.max_memory_allocated() - before < 2 * 4096 * 32768 / 2
    else:
        seen = []
        monkeypatch.setattr(module, "LOGITS", 1000)
        monkeypatch.setattr(
            module, "measured", lambda logits, *rest: seen.append(logits.shape) or MEASURED(logits, *rest)
        )
        linear_cross_entropy(randn(50, 8), randn(100, 8), torch.randint(100, (50,)))
        assert seen == [(10, 100)] * 5


MEASURED = module.measured
