"""An encoder of sentences that learns a number of each text, from a head that fits its vectors as they are.

Sources: Devlin et al., "BERT" (2019), section 4, for rates of some 1e-5; Howard and Ruder, "ULMFiT" (2018), for layers
that stay; Kumar et al., "Fine-Tuning can Distort Pretrained Features" (2022), for the head that comes first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.encoder.sentence_encoder import Encoder, SentenceEncoder, batches
from models.learning import training
from models.linear.ridge import Ridge

POOL = 32  # batches that are sorted by length among themselves, so that little is padded


@dataclass(frozen=True)
class Plan:
    """How it learns. frozen: the lower layers that stay, as the embeddings do. penalty: of the first head."""

    epochs: int = 1
    batch: int = 32
    rate: float = 5e-5
    decay: float = 0.01
    frozen: int = 3
    penalty: float = 1.0


class Regressor(nn.Module):
    """The number of a text: a weighted sum of its vector of length 1."""

    def __init__(self, encoder: Encoder, weights: np.ndarray, intercept: float):
        """weights: the head to begin with, shape (width,)."""
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(len(weights), 1)
        self.head.weight.data = torch.tensor(weights[None], dtype=torch.float32)
        self.head.bias.data = torch.tensor([intercept], dtype=torch.float32)

    def forward(self, tokens: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return the numbers, (batch,). tokens, there: (batch, time)."""
        numbers: torch.Tensor = self.head(functional.normalize(self.encoder(tokens, there).sum(1), dim=1)).squeeze(-1)
        return numbers


def tune(
    start: SentenceEncoder, texts: Sequence[str], vectors: np.ndarray, target: np.ndarray, plan: Plan, seed: int = 0
) -> Regressor:
    """Return an encoder with a head that learned from texts and their numbers. `start` stays as it is.

    vectors: those of the texts by `start`, shape (n, width). target: shape (n,).
    """
    from scipy.sparse import csr_array

    head = Ridge(plan.penalty).fit(csr_array(vectors), target)
    network = Regressor(copy.deepcopy(start.encoder), head.weights, head.intercept)
    network.encoder.requires_grad_(False)
    network.encoder.layers[plan.frozen :].requires_grad_(True)
    rows, pad = start.tokens.encode_all(texts, start.most), start.tokens.pad
    lengths, values = np.array([len(row) for row in rows]), torch.tensor(target, dtype=torch.float32)

    def epoch(number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for places in mixed(lengths, plan.batch, np.random.default_rng((seed, number))):
            for order, batch in batches([rows[place] for place in places], pad, len(places)):
                yield batch, values[places[order]]

    def loss(tuned: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return functional.mse_loss(tuned(batch[0], batch[0] != pad), batch[1])

    steps = plan.epochs * -(-len(rows) // plan.batch)
    training.fit(
        network, loss, epoch, epochs=plan.epochs, rate=plan.rate, decay=plan.decay, clip=1.0,
        schedule=training.rising_and_falling(steps),
    )  # fmt: skip
    return network


@torch.inference_mode()
def predict(network: Regressor, start: SentenceEncoder, texts: Sequence[str]) -> np.ndarray:
    """Return the number of each text, shape (n,). start: what has the tokens."""
    numbers, pad = np.empty(len(texts)), start.tokens.pad
    for places, batch in batches(start.tokens.encode_all(texts, start.most), pad):
        numbers[places] = network(batch, batch != pad).numpy()
    return numbers


def mixed(lengths: np.ndarray, size: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the places of each batch: dealt at random, texts of about one length together. lengths: shape (n,)."""
    order = random.permutation(len(lengths))
    groups = []
    for start in range(0, len(order), size * POOL):
        pool = order[start : start + size * POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        groups += [pool[first : first + size] for first in range(0, len(pool), size)]
    for place in random.permutation(len(groups)):
        yield groups[place]
