"""A small encoder of sentences, as BERT has it: tokens in, a vector of length 1 for each text out.

Sources: Devlin et al., "BERT" (2019); Vaswani et al. (2017) for the layers, the norm behind each part; Reimers and
Gurevych, "Sentence-BERT" (2019), for the mean over the tokens.

Reference: transformers.BertModel with the weights of MiniLM, vectors within 1e-4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from typing_extensions import TypeVar

from models.learning import attention
from models.tokens.bert_tokens import BertTokens

BATCH = 8  # texts of about one length that are computed together; more of them would wait for the longest


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder. places: the most tokens of a text. kinds: of segments, of which the first is used."""

    vocabulary: int = 30_522
    width: int = 384
    layers: int = 6
    heads: int = 12
    inner: int = 1_536
    places: int = 512
    kinds: int = 2
    epsilon: float = 1e-12


class Layer(nn.Module):
    """Each token gathers from all others, then is changed by itself; a norm behind each."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.norms = nn.ModuleList(nn.LayerNorm(shape.width, shape.epsilon) for _ in range(2))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """x: (batch, time, width). mask: (batch, 1, 1, time), what is added to the scores of each key."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = attention.sdpa(q, k, v, mask).transpose(1, 2).flatten(2)
        x = self.norms[0](x + self.out(seen))
        output: torch.Tensor = self.norms[1](x + self.down(functional.gelu(self.up(x))))
        return output


class Encoder(nn.Module):
    """BERT's encoder, without its heads."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.places, shape.width)
        self.kinds = nn.Embedding(shape.kinds, shape.width)
        self.norm = nn.LayerNorm(shape.width, shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))

    def forward(self, tokens: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return the vector of each token, (batch, time, width), 0 for padding, which is not there.

        tokens, there: (batch, time).
        """
        x: torch.Tensor = self.norm(self.words(tokens) + self.places.weight[: tokens.shape[1]] + self.kinds.weight[0])
        mask = torch.zeros(there.shape, dtype=x.dtype, device=x.device).masked_fill(~there, -torch.inf)[:, None, None]
        for layer in self.layers:
            x = layer(x, mask)
        return x * there[:, :, None]


def batches(rows: Sequence[Sequence[int]], pad: int, size: int = BATCH) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
    """Yield the places of some rows, the longest first, and their tokens, (batch, time), padded at their ends."""
    order = np.argsort([-len(row) for row in rows], kind="stable")
    for start in range(0, len(rows), size):
        places = order[start : start + size]
        longest = len(rows[places[0]])
        yield places, torch.tensor([[*rows[i], *[pad] * (longest - len(rows[i]))] for i in places])


class Network(Protocol):
    """What reads tokens as an `Encoder` does, perhaps in fewer bits."""

    @property
    def shape(self) -> Shape:
        """Its sizes."""

    def __call__(self, tokens: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return the vector of each token, (batch, time, width), 0 for padding. tokens, there: (batch, time)."""


N = TypeVar("N", bound=Network, default=Encoder)


class SentenceEncoder(Generic[N]):
    """Texts as vectors: the tokens, and the network that reads them."""

    known: ClassVar[dict[tuple[type, str], np.ndarray] | None] = None  # vectors, where `vectors.remembered` keeps them

    def __init__(self, tokens: BertTokens, encoder: N, most: int = 256):
        """most: tokens of a text that are read, its begin and end among them."""
        self.tokens, self.encoder, self.most = tokens, encoder, most

    def embed(self, texts: Sequence[str], size: int = BATCH) -> np.ndarray:
        """Return a vector of length 1 for each text, shape (n, width). size: texts that are computed together."""
        if self.known is None:
            return self._embed(texts, size)
        kind = type(self.encoder)
        new = [text for text in dict.fromkeys(texts) if (kind, text) not in self.known]
        self.known.update(zip([(kind, text) for text in new], self._embed(new, size), strict=True))
        return np.array([self.known[kind, text] for text in texts]).reshape(len(texts), self.encoder.shape.width)

    def _embed(self, texts: Sequence[str], size: int) -> np.ndarray:
        return self.along(texts, np.empty((self.encoder.shape.width, 0)), size)[0]

    @torch.inference_mode()
    def along(
        self, texts: Sequence[str], directions: np.ndarray, size: int = BATCH
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the vectors, and what each token adds to their products with some directions.

        The vector of a text is the mean over its tokens, divided by its length, so a product with it is a sum over
        tokens, exactly. directions: (width, k). The second: (tokens, k) for each text, `tokens.spans` says of which.
        """
        vectors = np.empty((len(texts), self.encoder.shape.width), np.float32)
        shares: list[np.ndarray] = [np.empty(0)] * len(texts)
        turned = torch.tensor(directions, dtype=torch.float32)
        for places, batch in batches(self.tokens.encode_all(texts, self.most), self.tokens.pad, size):
            there = batch != self.tokens.pad
            read = self.encoder(batch, there)
            sums = read.sum(1)
            length = sums.norm(dim=1, keepdim=True)
            vectors[places] = (sums / length).numpy()
            each = (read @ turned / length[:, :, None]).numpy()
            for place, part, count in zip(places.tolist(), each, there.sum(1).tolist(), strict=True):
                shares[place] = part[:count]
        return vectors, shares
