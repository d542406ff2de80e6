"""A decoder whose parts are kernels of `kernels/`, for as long as it learns on a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from kernels.linear_cross_entropy import linear_cross_entropy
from kernels.rms_norm import rms_norm
from kernels.rope import rope
from kernels.swiglu import swiglu
from models.transformer.decoder import Attention, Decoder, FeedForward


@contextmanager
def fused(decoder: Decoder) -> Iterator[None]:
    """Let the norms, rotations and gates of a decoder be kernels while this holds. Its weights are the same.

    Attention stays torch's, which is faster on the GPU that was measured: see docs/benchmarks.md.
    """
    with ExitStack() as stack:
        for module in decoder.modules():
            if isinstance(module, Attention):
                stack.enter_context(_with(module, "rotate", lambda q, k, turn: rope(q, k, *turn)))
            elif isinstance(module, FeedForward):
                stack.enter_context(_with(module, "gate", swiglu))
            elif isinstance(module, nn.RMSNorm):
                stack.enter_context(_with(module, "forward", _norm(module)))
        yield


def loss(decoder: Decoder, tokens: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the mean loss, in nats, of the tokens that come next, (batch, time). The logits never all exist."""
    x, weight = decoder.states(tokens).flatten(0, 1), decoder.head.weight
    kind = _kind(x)
    return linear_cross_entropy(x.to(kind), weight.to(kind), targets.flatten())


def _norm(module: nn.RMSNorm) -> Any:
    return lambda x: rms_norm(x, module.weight, module.eps or torch.finfo(x.dtype).eps, _kind(x))


def _kind(x: torch.Tensor) -> torch.dtype:
    """Return the type in which a linear layer takes x: that of mixed precision, where it is on."""
    return torch.get_autocast_dtype(x.device.type) if torch.is_autocast_enabled(x.device.type) else x.dtype


@contextmanager
def _with(module: nn.Module, name: str, function: Any) -> Iterator[None]:
    before = module.__dict__.get(name)
    setattr(module, name, function)
    try:
        yield
    finally:
        if before is None:
            delattr(module, name)
        else:
            setattr(module, name, before)
