"""What goes on inside of a network while it learns: how large its gradients and what its parts make are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn


@torch.no_grad()
def statistics(network: nn.Module, tokens: torch.Tensor) -> dict[str, float]:
    """Return of each part of a network its `gradient`, `weights` and `activation`, named as in `blocks.0/gradient`.

    gradient, weights: root mean squares, of those that the last step has left. activation: that of what the part makes
    of tokens, (batch, time), without dropout. No random number is drawn: what is learned afterwards stays as it is.
    """
    named, learning = dict(parts(network)), network.training
    found: dict[str, float] = {}

    def keep(name: str, _part: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor):
            found[f"{name}/activation"] = rms([output])

    hooks = [part.register_forward_hook(partial(keep, name)) for name, part in named.items()]
    network.eval()(tokens)
    network.train(learning)
    for hook in hooks:
        hook.remove()
    for name, part in named.items():
        kinds: dict[str, Callable[[nn.Parameter], Any]] = {"gradient": lambda w: w.grad, "weights": lambda w: w}
        for kind, of in kinds.items():
            values = [of(weights) for weights in part.parameters() if of(weights) is not None]
            if values:
                found[f"{name}/{kind}"] = rms(values)
    return found


def parts(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the parts of a network, those of a list one by one."""
    for name, part in network.named_children():
        if isinstance(part, nn.ModuleList):
            yield from ((f"{name}.{number}", each) for number, each in enumerate(part))
        else:
            yield name, part


def rms(values: list[torch.Tensor]) -> float:
    """Return the root mean square of all values."""
    squares = sum(float(tensor.double().square().sum()) for tensor in values)
    return float((squares / sum(tensor.numel() for tensor in values)) ** 0.5)
