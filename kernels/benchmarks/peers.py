"""What the kernels are measured next to."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import torch

from kernels.benchmarks.measure import DEVICE


def compiled(function: Callable[..., Any], mode: str | None = None) -> Callable[..., Any]:
    """Return a function as torch.compile makes it, for each shape again; as it is, where it is only tried, on a CPU."""
    if DEVICE == "cpu":
        return function
    torch._dynamo.config.cache_size_limit = 64
    return torch.compile(function, dynamic=False, mode=mode)


def liger(name: str, way: Callable[..., Any] | None = None) -> dict[str, Callable[..., Any]]:
    """Return a function of liger-kernel as a way; nothing where it is not installed, or there is no GPU.

    way: how it is called, with that function first, where it takes other arguments than ours.
    """
    if DEVICE == "cpu" or importlib.util.find_spec("liger_kernel") is None:
        return {}
    function = getattr(importlib.import_module("liger_kernel.transformers.functional"), f"liger_{name}")
    return {"liger": (lambda *inputs: way(function, *inputs)) if way else function}
