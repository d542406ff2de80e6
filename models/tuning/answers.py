"""Supervised tuning: a decoder learns the answers of conversations, and nothing of what was asked.

Source: Ouyang et al., "Training language models to follow instructions with human feedback" (2022), section 3.4.

Reference: torch.nn.functional.cross_entropy of the answers alone, within 1e-5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from models.learning import attention
from models.transformer.decoder import Attention, Decoder

IGNORED = -100  # as torch names what costs nothing

Batch = tuple[torch.Tensor, torch.Tensor]
# Of tokens, (n, time), and where logits are wanted, the same shape, bool -> the logits there, (m, vocabulary).
Logits = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Example:
    """A conversation and its answer, as tokens. first: the place of the answer's first token."""

    tokens: tuple[int, ...]
    first: int


def batched(examples: Sequence[Example], pad: int = 0) -> Batch:
    """Return the tokens of examples, (n, time), and those that are to come next, IGNORED where none is learned."""
    size = max(len(example.tokens) for example in examples) - 1
    tokens, wanted = torch.full((2, len(examples), size), pad)
    wanted.fill_(IGNORED)
    for row, example in enumerate(examples):
        numbers = torch.tensor(example.tokens)
        tokens[row, : len(numbers) - 1] = numbers[:-1]
        wanted[row, example.first - 1 : len(numbers) - 1] = numbers[example.first :]
    return tokens, wanted


def loss(logits: Logits, batch: Batch) -> torch.Tensor:
    """Return the mean cost of a token of the answers, in nats."""
    tokens, wanted = batch
    learned = wanted != IGNORED
    return functional.cross_entropy(logits(tokens, learned), wanted[learned])


def log_likelihood(logits: Logits, batch: Batch) -> torch.Tensor:
    """Return the log probability of each whole answer, shape (n,)."""
    tokens, wanted = batch
    learned = wanted != IGNORED
    costs = functional.cross_entropy(logits(tokens, learned), wanted[learned], reduction="none")
    return -costs.new_zeros(len(tokens)).index_add(0, learned.nonzero()[:, 0], costs)


def of_epoch(examples: Sequence[Example], size: int, seed: int) -> Iterator[list[Example]]:
    """Yield the batches of an epoch: examples of about one length together, in an order that the seed draws."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(examples), generator=generator).tolist()
    order.sort(key=lambda place: len(examples[place].tokens) // 16)
    batches = [order[first : first + size] for first in range(0, len(order), size)]
    for place in torch.randperm(len(batches), generator=generator).tolist():
        yield [examples[number] for number in batches[place]]


class Tuned(nn.Module):
    """What learns of a decoder, so that a checkpoint has nothing else; it computes logits where they are wanted.

    From then on the decoder's attention is in 32 bits, also where the rest is in mixed precision.
    """

    def __init__(self, decoder: Decoder):
        super().__init__()
        self.learning = nn.ParameterList(weights for weights in decoder.parameters() if weights.requires_grad)
        self.whole = (decoder,)  # a tuple hides it from what is saved
        for layer in decoder.modules():
            if isinstance(layer, Attention):
                layer.attend = attention.in_32_bits

    def forward(self, tokens: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        """Return the logits of the next tokens, (m, vocabulary). where: shape of tokens, bool."""
        logits: torch.Tensor = self.whole[0].head(self.whole[0].states(tokens)[where])
        return logits.float()  # of mixed precision, whose sums would be too coarse
