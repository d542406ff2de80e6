"""MiniLM's first layers, which learn on from names: the case of each token is added to what it reads.

Source: Devlin et al., "BERT" (2019), section 5.3, for tags of tokens; the loss is that of a conditional random field.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import nn

from models.encoder import minilm, token_vectors
from models.encoder.sentence_encoder import batches
from models.tagging.bilstm_crf import loss
from models.tagging.crf import CRF
from models.tagging.names import Tokens
from models.tagging.taggers import Read
from models.tagging.word_features import CASES, case

# The places of sentences, their pieces, what each adds to each token, the case of tokens, and the lengths in tokens.
Batch: TypeAlias = tuple[np.ndarray, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
LAYERS = 4
EPOCHS, RATE, HEAD_RATE, BATCH, WARM = 4, 2e-4, 2e-3, 32, 0.1


class Tuned(nn.Module):
    """The layers, the weights of the case, and a score of each tag and of each pair of tags."""

    def __init__(self, weights: Mapping[str, Path], epochs: int = EPOCHS, seed: int = 0):
        super().__init__()
        self.shared, self.epochs, self.seed = minilm.shared(weights), epochs, seed

    def fit(self, read: Read, tags: Sequence[Tokens]) -> Tuned:
        """Return it, fitted. The vectors of `read` are not used."""
        torch.manual_seed(self.seed)
        self.tags = sorted({tag for sentence in tags for tag in sentence})
        encoder = copy.deepcopy(self.shared.encoder)
        encoder.layers = encoder.layers[:LAYERS]
        for table in (encoder.words, encoder.places, encoder.kinds):
            table.requires_grad_(False)
        self.encoder, width = encoder, encoder.shape.width
        self.case = nn.Linear(CASES, width, bias=False)
        nn.init.zeros_(self.case.weight)
        self.head = nn.Linear(width + CASES, len(self.tags))
        self.moves = nn.Parameter(torch.zeros(len(self.tags), len(self.tags)))
        self.dropout = nn.Dropout(0.2)
        own = [*self.case.parameters(), *self.head.parameters(), self.moves]
        groups = [
            {"params": [parameter for parameter in encoder.parameters() if parameter.requires_grad], "lr": RATE},
            {"params": own, "lr": HEAD_RATE},
        ]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        ready = list(self._batches(read.sentences))
        steps = self.epochs * len(ready)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / (WARM * steps), (steps - step) / ((1 - WARM) * steps))
        )
        random = np.random.default_rng(self.seed)
        self.train()
        for _ in range(self.epochs):
            for number in random.permutation(len(ready)).tolist():
                order, pieces, owned, cases, sizes = ready[number]
                wanted = torch.zeros(len(order), int(sizes.max()), dtype=torch.long)
                for row, place in enumerate(order.tolist()):
                    wanted[row, : len(tags[place])] = torch.tensor([self.tags.index(tag) for tag in tags[place]])
                value = loss(self(pieces, owned, cases), self.moves, wanted, sizes) / len(order)
                optimizer.zero_grad()
                value.backward()
                nn.utils.clip_grad_norm_(self.parameters(), 1.0)
                optimizer.step()
                schedule.step()
        self.eval()
        return self

    def forward(self, pieces: torch.Tensor, owned: torch.Tensor, cases: torch.Tensor) -> torch.Tensor:
        """Return the score of each tag, (batch, time, tags).

        pieces: (batch, pieces). owned: what each piece adds to each token, (batch, time, pieces). cases: of tokens.
        """
        encoder, there = self.encoder, pieces != self.shared.tokens.pad
        begin = encoder.words(pieces) + encoder.places.weight[: pieces.shape[1]] + encoder.kinds.weight[0]
        of_pieces = (owned > 0).float().transpose(1, 2) @ cases
        x = encoder.norm(begin) + self.case(of_pieces)
        mask = torch.zeros(there.shape).masked_fill(~there, -torch.inf)[:, None, None]
        for layer in encoder.layers:
            x = layer(x, mask)
        scores: torch.Tensor = self.head(torch.cat([self.dropout(owned @ x), cases], dim=2))
        return scores

    @torch.inference_mode()
    def predict(self, read: Read) -> list[list[str]]:
        """Return the tags of each token."""
        scores = [np.empty(0)] * len(read.sentences)
        for places, pieces, owned, cases, sizes in self._batches(read.sentences):
            for place, rows, size in zip(places.tolist(), self(pieces, owned, cases), sizes.tolist(), strict=True):
                scores[place] = rows[:size].double().numpy()
        field = CRF(len(self.tags))
        field.weights, field.moves = np.eye(len(self.tags)), self.moves.detach().double().numpy()
        named = [self.tags[number] for number in field.predict([np.concatenate(scores)], read.lengths)]
        return [named[a:b] for a, b in pairwise(np.cumsum([0, *read.lengths]).tolist())]

    def _batches(self, sentences: Sequence[Tokens]) -> Iterator[Batch]:
        rows = self.shared.tokens.encode_all([" ".join(sentence) for sentence in sentences], token_vectors.TOKENS)
        for places, pieces in batches(rows, self.shared.tokens.pad, BATCH):
            sizes = torch.tensor([len(sentences[place]) for place in places])
            owned = torch.zeros(len(places), int(sizes.max()), pieces.shape[1])
            cases = torch.zeros(len(places), int(sizes.max()), CASES)
            for row, place in enumerate(places.tolist()):
                owner = token_vectors.owners(self.shared, sentences[place])
                owned[row, : owner.shape[0], : owner.shape[1]] = torch.tensor(owner)
                cases[row, : owner.shape[0]] = torch.tensor(case(sentences[place]))
            yield places, pieces, owned, cases, sizes
