"""A kernel compared with its reference, which computes in float64 from the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

DEVICE = (
    "cuda" if torch.cuda.is_available() else "cpu"
)  # by Triton's interpreter: see the conftest.py of this repository
FLOAT, HALF = torch.float32, torch.bfloat16
KINDS = (FLOAT, HALF, torch.float16)
FAR = {
    torch.float64: 1e-12,
    FLOAT: 3e-6,
    HALF: 8e-3,
    torch.float16: 1e-3,
}  # the norm of the difference, over that of the reference


def randn(*shape: int, kind: torch.dtype = FLOAT, slope: bool = True) -> torch.Tensor:
    """Return numbers of a normal distribution."""
    return torch.randn(shape, dtype=torch.float64).to(DEVICE, kind).requires_grad_(slope)


def check(ours: Callable[..., Any], reference: Callable[..., Any], *inputs: Any, far: float | None = None) -> None:
    """Compare results and gradients. Inputs that are no tensors of numbers are passed as they are."""
    kind = next(x.dtype for x in inputs if isinstance(x, torch.Tensor) and x.is_floating_point())
    wide = [
        x.detach().double().requires_grad_(x.requires_grad)
        if isinstance(x, torch.Tensor) and x.is_floating_point()
        else x
        for x in inputs
    ]
    outputs, right = _tuple(ours(*inputs)), _tuple(reference(*wide))
    slopes = [torch.randn_like(x) for x in outputs]
    for computed, expected in zip(outputs, right, strict=True):
        assert computed.dtype == kind or computed.ndim == 0
        assert computed.shape == expected.shape
        assert distance(computed, expected) < (far or FAR[kind])
    leaves = [i for i, x in enumerate(inputs) if isinstance(x, torch.Tensor) and x.requires_grad]
    if leaves:
        ours_ = torch.autograd.grad(outputs, [inputs[i] for i in leaves], slopes)
        right_ = torch.autograd.grad(right, [wide[i] for i in leaves], [slope.double() for slope in slopes])
        for computed, expected in zip(ours_, right_, strict=True):
            assert computed.shape == expected.shape
            assert distance(computed, expected) < 2 * (far or FAR[kind])


def distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """Return the norm of the difference, over that of the second. NaN and infinity must be in the same places."""
    first, second = first.detach().double().flatten(), second.detach().double().flatten()
    finite = second.isfinite()
    if not torch.equal(first.isfinite(), finite) or not torch.equal(first[~finite].isnan(), second[~finite].isnan()):
        return float("inf")
    return float((first[finite] - second[finite]).norm() / second[finite].norm().clamp_min(1e-30))


def _tuple(made: Any) -> tuple[torch.Tensor, ...]:
    return made if isinstance(made, tuple) else (made,)
