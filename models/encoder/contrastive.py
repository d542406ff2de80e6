"""MiniLM that goes on learning from claims: the vector of a claim comes nearer to those of its abstracts.

The abstracts of the other claims of a step, and one that the first ranking put high, are what it has to be
distinguished from. Sources: Henderson et al., "Efficient natural language response suggestion" (2017), section 4.4, for
the loss; Karpukhin et al., "Dense passage retrieval" (2020), for the high abstracts that are not relevant.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.encoder.cross_encoder import Plan as Lists
from models.encoder.cross_encoder import device, lists
from models.encoder.sentence_encoder import Encoder, SentenceEncoder, batches
from models.learning import training

Rows = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Plan:
    """How it learns. claims: of a step. scale: what cosines are multiplied by. depth: of the ranking that the other
    abstracts are from."""

    claims: int = 32
    scale: float = 20.0
    depth: int = 50
    epochs: int = 4
    rate: float = 3e-5
    seed: int = 0


def fit(
    start: SentenceEncoder, claims: Rows, abstracts: Rows, scores: np.ndarray, relevant: Sequence[np.ndarray],
    plan: Plan,
) -> Encoder:  # fmt: skip
    """Return an encoder that learned from some claims. start: has the first weights, and stays as it is.

    claims, abstracts: as numbers of tokens. scores: of the first ranking, shape (claims, abstracts).
    """
    torch.manual_seed(plan.seed)
    network = copy.deepcopy(start.encoder).to(device())
    drawn = Lists(others=1, depth=plan.depth, seed=plan.seed)

    def steps(epoch: int) -> Iterator[tuple[list[int], list[int], list[np.ndarray]]]:
        order = lists(scores, relevant, drawn, epoch)
        for place in range(0, len(order), plan.claims):
            some = order[place : place + plan.claims]
            numbers = [numbers[0] for _, numbers in some] + [numbers[1] for _, numbers in some]
            yield [claim for claim, _ in some], numbers, [relevant[claim] for claim, _ in some]

    def loss(encoder: nn.Module, batch: tuple[list[int], list[int], list[np.ndarray]]) -> torch.Tensor:
        asked, numbers, right = batch
        near = read(encoder, [claims[number] for number in asked], start.tokens.pad)
        far = read(encoder, [abstracts[number] for number in numbers], start.tokens.pad)
        cosines = plan.scale * near @ far.T
        target = torch.arange(len(asked), device=cosines.device)
        also = torch.tensor(np.stack([np.isin(numbers, answers) for answers in right]), device=cosines.device)
        also[target, target] = False  # another relevant one needs no distinction
        return functional.cross_entropy(cosines.float().masked_fill(also, -torch.inf), target)

    count = plan.epochs * -(-sum(map(len, relevant)) // plan.claims)
    schedule = training.rising_and_falling(count)
    training.fit(network, loss, steps, epochs=plan.epochs, rate=plan.rate, schedule=schedule, clip=1.0)
    return network


def read(encoder: nn.Module, rows: Rows, pad: int) -> torch.Tensor:
    """Return the vectors of some texts, of length 1, (n, width), with their gradients."""
    longest = max(map(len, rows))
    batch = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows]).to(device())
    return functional.normalize(encoder(batch, batch != pad).sum(1), dim=1)


@torch.inference_mode()
def embed(encoder: Encoder, rows: Rows, pad: int) -> np.ndarray:
    """Return the vectors of texts, each of length 1, shape (n, width)."""
    vectors, kind = np.empty((len(rows), encoder.shape.width), np.float32), next(encoder.parameters()).device
    for places, batch in batches(rows, pad, 256 if kind.type == "cuda" else 32):
        with torch.autocast(kind.type, enabled=kind.type == "cuda"):
            sums = encoder(batch.to(kind), batch.to(kind) != pad).sum(1)
        vectors[places] = functional.normalize(sums.float(), dim=1).cpu().numpy()
    return vectors
