"""SwiGLU in torch. Source: Shazeer, "GLU Variants Improve Transformer" (2020), equation 6."""

import torch
from torch.nn import functional


def swiglu(gate_up: torch.Tensor) -> torch.Tensor:
    """Return silu(gate) * up, (..., width), of both in one tensor, (..., 2 * width)."""
    gate, up = gate_up.chunk(2, dim=-1)
    if gate.dtype == torch.float64:
        return functional.silu(gate) * up
    return (functional.silu(gate.float()) * up.float()).to(gate_up.dtype)
