"""A kernel as an operator of torch, which torch.compile takes as it is, and compiles what lies around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def operator(name: str, like: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
    """Return what makes of a function the operator `capstan::name`.

    like: returns empty tensors of the shapes, types and strides that the function returns, for the same arguments. The
    function must not write to its arguments, and must return new tensors.
    """

    def made(function: Callable[..., Any]) -> Any:
        operator = torch.library.custom_op(f"capstan::{name}", function, mutates_args=())
        operator.register_fake(like)
        return operator

    return made
