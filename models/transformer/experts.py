"""Feed-forward layers of which each token uses a few: a mixture of experts, as Mixtral has it.

Sources: Shazeer et al., "Outrageously Large Neural Networks" (2017); Jiang et al., "Mixtral of Experts" (2024),
section 2.1, for the shares; Fedus et al., "Switch Transformer" (2021), equations 4 to 6, for the balance.

Reference: transformers' MixtralSparseMoeBlock, answers and gradients within 1e-4, and load_balancing_loss_func, 1e-5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional


class Experts(nn.Module):
    """SwiGLU layers side by side. A router chooses those that a token uses, and its share of each."""

    def __init__(self, width: int, inner: int, count: int, used: int):
        super().__init__()
        self.used = used
        self.router = nn.Linear(width, count, bias=False)
        self.gate_up = nn.Parameter(torch.empty(count, 2 * inner, width).normal_(std=0.02))
        self.down = nn.Parameter(torch.empty(count, width, inner).normal_(std=0.02))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (batch, time, width). The shares of the experts that are used add up to one."""
        tokens = x.flatten(0, -2)
        shares, chosen = torch.softmax(self.router(tokens).float(), dim=-1).topk(self.used)
        shares = (shares / shares.sum(dim=-1, keepdim=True)).to(x.dtype)
        output = torch.zeros_like(tokens)
        for expert in chosen.unique().tolist():
            rows, place = (chosen == expert).nonzero(as_tuple=True)
            gate, up = functional.linear(tokens[rows], self.gate_up[expert]).chunk(2, dim=-1)
            answer = functional.linear(functional.silu(gate) * up, self.down[expert])
            output = output.index_add(0, rows, answer * shares[rows, place, None])
        return output.view_as(x)


def balance(logits: torch.Tensor, used: int) -> torch.Tensor:
    """Return how evenly tokens are spread over experts: 1 where each gets as many, count / used where the same get all.

    logits: of the router, (..., experts). Its gradient lowers the probabilities of experts that are chosen too often.
    """
    shares = torch.softmax(logits.float(), dim=-1).flatten(0, -2)
    count = shares.shape[-1]
    often = torch.bincount(shares.topk(used).indices.flatten(), minlength=count) / (len(shares) * used)
    return count * (often * shares.mean(dim=0)).sum()


@contextmanager
def watched(network: nn.Module) -> Iterator[Callable[[], torch.Tensor]]:
    """Watch the routers of a network; the function that is given returns their mean balance in what was computed since.

    with watched(network) as spread:
        loss = cross_entropy(network(tokens), targets) + 0.01 * spread()
    """
    seen: list[torch.Tensor] = []
    layers = [module for module in network.modules() if isinstance(module, Experts)]
    hooks = [
        layer.router.register_forward_hook(lambda _, __, logits, used=layer.used: seen.append(balance(logits, used)))
        for layer in layers
    ]
    try:
        yield lambda: torch.stack(seen).mean()
    finally:
        for hook in hooks:
            hook.remove()
