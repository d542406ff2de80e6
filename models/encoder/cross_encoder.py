"""A cross-encoder: claim and abstract are read together by MiniLM, which says how well they fit.

It sees which word of one goes with which word of the other, at the price of a pass of the network for each pair. So it
orders the first few of another ranking again. It learns from lists of a relevant abstract and others that the ranking
put high. Sources: Nogueira and Cho, "Passage re-ranking with BERT" (2019); Gao, Dai and Callan, "Rethink training of
BERT rerankers in multi-stage retrieval pipeline" (ECIR 2021), equation 2 for the loss. Here the head reads the mean
over the tokens, as MiniLM was trained, and both texts are of the first kind of segment.

Reference: transformers.BertTokenizerFast, the numbers of each pair of texts, exactly.
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
from models.tokens.bert_tokens import BertTokens


@dataclass(frozen=True)
class Plan:
    """How it learns. most: tokens of a pair. others: abstracts of a list that are not relevant, from the first `depth`
    of the ranking. lists: of a step. frozen: the lower layers that stay, as the embeddings do."""

    most: int = 160
    others: int = 3
    depth: int = 20
    lists: int = 8
    epochs: int = 2
    rate: float = 1e-4
    frozen: int = 3
    seed: int = 0


class CrossEncoder(nn.Module):
    """The encoder of sentences, and a line over the mean of the tokens of a pair."""

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(encoder.shape.width, 1)

    def forward(self, tokens: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return how well each pair fits, shape (batch,). tokens, there: (batch, time)."""
        mean = self.encoder(tokens, there).sum(1) / there.sum(1, keepdim=True)
        scores: torch.Tensor = self.head(mean).squeeze(-1)
        return scores


class Pairs:
    """Claims and abstracts as numbers, each encoded once."""

    def __init__(self, tokens: BertTokens, claims: Sequence[str], abstracts: Sequence[Sequence[int]], most: int):
        """abstracts: as numbers already. most: tokens of a pair, of which the claim has up to a half."""
        self.end, self.pad, self.most = tokens.end, tokens.pad, most
        self.claims, self.abstracts = tokens.encode_all(claims, most // 2), abstracts

    def row(self, claim: int, abstract: int) -> list[int]:
        """Return the numbers of begin, claim, end, abstract, end."""
        first = self.claims[claim]
        return [*first, *self.abstracts[abstract][1:-1][: self.most - len(first) - 1], self.end]


def device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def lists(scores: np.ndarray, relevant: Sequence[np.ndarray], plan: Plan, epoch: int) -> list[tuple[int, list[int]]]:
    """Return a claim and its abstracts, a relevant one first, for each relevant abstract, in random order."""
    rng = np.random.default_rng((plan.seed, epoch))
    groups = []
    for claim, (row, right) in enumerate(zip(scores, relevant, strict=True)):
        first = [number for number in np.argsort(-row, kind="stable")[: plan.depth].tolist() if number not in right]
        groups += [
            (claim, [number, *rng.choice(first, plan.others, replace=False).tolist()]) for number in right.tolist()
        ]
    return [groups[place] for place in rng.permutation(len(groups))]


def fit(
    start: SentenceEncoder, pairs: Pairs, scores: np.ndarray, relevant: Sequence[np.ndarray], plan: Plan
) -> CrossEncoder:
    """Return a cross-encoder that learned from some claims. start: has the first weights, and stays as it is.

    scores: of the first ranking, shape (claims, abstracts). relevant: the abstracts of each claim.
    """
    torch.manual_seed(plan.seed)
    network = CrossEncoder(copy.deepcopy(start.encoder)).to(device())
    network.encoder.requires_grad_(False)
    network.encoder.layers[plan.frozen :].requires_grad_(True)

    def steps(epoch: int) -> Iterator[torch.Tensor]:
        order = lists(scores, relevant, plan, epoch)
        for place in range(0, len(order), plan.lists):
            rows = [
                pairs.row(claim, number) for claim, numbers in order[place : place + plan.lists] for number in numbers
            ]
            longest = max(map(len, rows))
            yield torch.tensor([[*row, *[pairs.pad] * (longest - len(row))] for row in rows]).to(device())

    def loss(network: nn.Module, batch: torch.Tensor) -> torch.Tensor:
        fits = network(batch, batch != pairs.pad).unflatten(0, (-1, 1 + plan.others))
        return functional.cross_entropy(fits.float(), torch.zeros(len(fits), dtype=torch.long, device=fits.device))

    count = plan.epochs * -(-sum(map(len, relevant)) // plan.lists)
    schedule = training.rising_and_falling(count)
    training.fit(network, loss, steps, epochs=plan.epochs, rate=plan.rate, schedule=schedule, clip=1.0, bfloat16=True)
    return network


@torch.inference_mode()
def reordered(network: CrossEncoder, pairs: Pairs, scores: np.ndarray, depth: int) -> np.ndarray:
    """Return how well the first abstracts of a ranking fit each claim; -infinity for the others, shape like scores."""
    first = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    claim, abstract = np.repeat(np.arange(len(first)), first.shape[1]), first.ravel()
    rows = [
        pairs.row(claim_number, number) for claim_number, number in zip(claim.tolist(), abstract.tolist(), strict=True)
    ]
    reranked, kind = np.full(scores.shape, -np.inf), next(network.parameters()).device
    for places, batch in batches(rows, pairs.pad, 256 if kind.type == "cuda" else 32):
        with torch.autocast(kind.type, torch.bfloat16):
            fits = network(batch.to(kind), batch.to(kind) != pairs.pad)
        reranked[claim[places], abstract[places]] = fits.float().cpu().numpy()
    return reranked


def mixed(scores: np.ndarray, fits: np.ndarray, share: float) -> np.ndarray:
    """Return the weighted sum of two scores of what was reordered, each from 0 to 1 in its list; the rest stays behind.

    share: of the cross-encoder.
    """
    there = np.isfinite(fits)

    def scaled(values: np.ndarray) -> np.ndarray:
        low = np.where(there, values, np.inf).min(axis=1, keepdims=True)
        high = np.where(there, values, -np.inf).max(axis=1, keepdims=True)
        return np.asarray((values - low) / np.maximum(high - low, 1e-12))

    behind = scores - scores.max(axis=1, keepdims=True) - 1
    return np.where(there, (1 - share) * scaled(scores) + share * scaled(np.where(there, fits, 0.0)), behind)
