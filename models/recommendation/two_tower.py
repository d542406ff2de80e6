"""Two towers, in torch: a history and an item become vectors, and their product is the score.

The tower of histories: the weighted mean of the embeddings of its items, then two layers. The tower of items: its
own embedding, plus one of its terms. Trained to predict which items come next, among all items.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from models.recommendation.histories import Histories, Items
from models.recommendation.item_to_item import often_rated
from models.recommendation.moments import Sample, moments

if TYPE_CHECKING:
    import torch


class TwoTower:
    """Two towers of `size` dimensions. Items that fewer than three people rated have no vector, and score lowest.

    fused: learn on a GPU, where a kernel of `kernels/` sums the embeddings of a history.
    """

    def __init__(
        self,
        size: int = 64,
        epochs: int = 12,
        dropout: float = 0.3,
        decay: float = 1e-4,
        rate: float = 5e-3,
        fused: bool = False,
    ):
        self.size, self.epochs, self.dropout, self.decay, self.rate = size, epochs, dropout, decay, rate
        self.fused = fused

    def fit(self, past: Histories, items: Items, seed: int = 0) -> TwoTower:
        """Train, then keep the vectors of the items and the layers of the histories as arrays."""
        import torch

        self.kept = often_rated(past.matrix())
        self.m = past.m
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            net: Any = towers(items.terms()[self.kept].toarray(), self.size, self.dropout)
            if self.fused:
                net["history"].forward = _summed(net["history"])
                net.to("cuda" if torch.cuda.is_available() else "cpu")
            self._train(net, past, np.random.default_rng(seed))
            net.cpu()
        with torch.no_grad():
            self.embeddings = net["history"].weight.numpy().copy()
            self.layers = [
                (layer.weight.numpy().copy(), layer.bias.numpy().copy()) for layer in (net["first"], net["second"])
            ]
            self.vectors, self.biases = item_vectors(net).numpy().copy(), net["bias"].weight[:, 0].numpy().copy()
        return self

    def _train(
        self, net: Any, past: Histories, rng: np.random.Generator, moments_each: int = 10, batch: int = 512
    ) -> None:
        from models.learning import training

        place = np.full(past.m, -1)
        place[self.kept] = np.arange(len(self.kept))

        def batches(_epoch: int) -> Iterator[tuple[Sample, np.ndarray, np.ndarray]]:
            sample = moments(past, place, moments_each, rng)
            ends = np.append(sample.starts[1:], len(sample.items))
            order = rng.permutation(len(sample.starts))
            for rows in np.array_split(order, max(1, len(order) // batch)):
                yield sample, rows, ends

        training.fit(
            net, lambda net, drawn: _loss(net, *drawn), batches, epochs=self.epochs, rate=self.rate, decay=self.decay
        )

    def history_vectors(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the vector of each history, shape (n, size)."""
        weights = histories[:, self.kept].maximum(0)
        total = np.maximum(np.asarray(weights.sum(axis=1)), 1e-9)
        mean = np.asarray(weights @ self.embeddings) / total
        (first, bias), (second, last_bias) = self.layers
        vectors: np.ndarray = mean + np.maximum(mean @ first.T + bias, 0) @ second.T + last_bias
        return vectors

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each item for each history, shape (n, m)."""
        known = self.history_vectors(histories) @ self.vectors.T + self.biases
        scores = np.full((histories.shape[0], self.m), -100, dtype=np.float32)
        scores[:, self.kept] = known
        return scores


def towers(content: np.ndarray, size: int, dropout: float) -> Any:
    """Return the layers. content: the terms of the items, shape (k, terms)."""
    import torch
    from torch import nn

    layers: Any = nn.ModuleDict(
        {
            "history": nn.EmbeddingBag(len(content), size, mode="sum"),
            "first": nn.Linear(size, size),
            "second": nn.Linear(size, size),
            "item": nn.Embedding(len(content), size),
            "terms": nn.Linear(content.shape[1], size, bias=False),
            "bias": nn.Embedding(len(content), 1),
            "dropout": nn.Dropout(dropout),
        }
    )
    for name in ("history", "item"):
        nn.init.normal_(layers[name].weight, std=0.1)
    nn.init.zeros_(layers["bias"].weight)
    layers.register_buffer("content", torch.as_tensor(content))
    return layers


def _summed(history: Any) -> Any:
    """Return the sums of an EmbeddingBag by our kernel."""
    from kernels.embedding_bag import embedding_bag

    return lambda items, starts, per_sample_weights: embedding_bag(items, history.weight, starts, per_sample_weights)


def item_vectors(net: Any) -> torch.Tensor:
    """Return the output of the tower of items, shape (k, size)."""
    vectors: torch.Tensor = net["item"].weight + net["terms"](net.content)
    return vectors


def history_vectors(net: Any, items: torch.Tensor, starts: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the output of the tower of histories, shape (n, size). The weights of a history add up to 1."""
    mean = net["dropout"](net["history"](items, starts, per_sample_weights=weights))
    vectors: torch.Tensor = mean + net["second"](net["dropout"](net["first"](mean).relu()))
    return vectors


def _loss(net: Any, sample: Sample, rows: np.ndarray, ends: np.ndarray) -> torch.Tensor:
    """Return the cross-entropy of the items that come next, over all items but those rated before."""
    import torch

    sizes = ends[rows] - sample.starts[rows]
    take = np.concatenate([np.arange(start, end) for start, end in zip(sample.starts[rows], ends[rows], strict=True)])
    on = net.content.device
    items = torch.as_tensor(sample.items[take], device=on)
    starts = torch.as_tensor(np.concatenate([[0], np.cumsum(sizes)[:-1]]), device=on)
    weights = torch.as_tensor(sample.weights[take], dtype=torch.float32, device=on)
    logits = (
        history_vectors(net, items, starts, weights) @ net["dropout"](item_vectors(net)).T + net["bias"].weight[:, 0]
    )
    before = torch.as_tensor(np.repeat(np.arange(len(rows)), sizes), device=on)
    logits = logits.index_put((before, items), logits.new_tensor(-1e4))
    after = torch.as_tensor(sample.after[rows], device=on)
    there = (after >= 0).float()
    told = logits.log_softmax(1).gather(1, after.clamp(min=0))
    loss: torch.Tensor = -((told * there).sum(1) / there.sum(1).clamp(min=1)).mean()
    return loss
