"""A kernel as an operator of torch, which torch.compile takes as it is, and compiles what lies around it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch


def operator(name: str, like: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
    """Return what makes of a function the operator `capstan::name`.

    like: returns empty tensors of the shapes, types and strides that the function returns, for the same arguments. The
    function must not write to its arguments, and must return new tensors.
    """

    def made(function: Callable[..., Any]) -> Any:
        operator = torch.library.custom_op(f"capstan::{_free(name)}", function, mutates_args=())
        operator.register_fake(like)
        return operator

    return made


def _free(name: str) -> str:
    """Return the name, or with a number, where a version of a model has brought its own copy of a kernel."""
    names = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
    return next(candidate for candidate in names if not hasattr(torch.ops.capstan, candidate))
