"""Two LSTMs, one from each side, and a conditional random field above them: a tag for each token of a sentence.

Source: Huang, Xu and Yu, "Bidirectional LSTM-CRF Models for Sequence Tagging" (2015). What each token brings is a row
of numbers, such as a vector of a word.

Reference: all sequences of tags, the loss summed by hand, 1e-6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn

from models.tagging.crf import CRF

BATCH, CLIP = 32, 5.0  # sentences that are computed together; the longest gradient


class Network(nn.Module):
    """Scores of each tag at each token, and of each pair of tags."""

    def __init__(self, width: int, hidden: int, tags: int, dropout: float):
        super().__init__()
        self.lstm = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * hidden, tags)
        self.moves = nn.Parameter(torch.zeros(tags, tags))
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the scores, (batch, time, tags). rows: (batch, time, width). lengths: (batch,)."""
        packed = nn.utils.rnn.pack_padded_sequence(self.dropout(rows), lengths, True, enforce_sorted=False)
        read, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        scores: torch.Tensor = self.out(self.dropout(read))
        return scores


def loss(scores: torch.Tensor, moves: torch.Tensor, tags: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return the sum over sentences of what the right tags' probability lacks, -log p: Lafferty et al. (2001).

    scores: (batch, time, tags). moves: (tags, tags). tags: (batch, time). lengths: (batch,).
    """
    there = torch.arange(scores.shape[1]) < lengths[:, None]
    each = scores.gather(2, tags[:, :, None])[:, :, 0] * there
    right = each.sum() + (moves[tags[:, :-1], tags[:, 1:]] * there[:, 1:]).sum()
    forward = scores[:, 0]
    for time in range(1, scores.shape[1]):
        step = torch.logsumexp(forward[:, :, None] + moves, dim=1) + scores[:, time]
        forward = torch.where(there[:, time, None], step, forward)
    return torch.logsumexp(forward, dim=1).sum() - right


class BiLSTMCRF:
    """The network, trained by Adam on sentences of about one length at a time."""

    def __init__(
        self, tags: int, hidden: int = 100, dropout: float = 0.5, epochs: int = 8, rate: float = 2e-3, seed: int = 0
    ):
        """epochs, rate: of Adam. seed: of the first weights, the order and the dropout."""
        self.tags, self.hidden, self.dropout = tags, hidden, dropout
        self.epochs, self.rate, self.seed = epochs, rate, seed

    def fit(self, rows: np.ndarray, tags: np.ndarray, lengths: Sequence[int]) -> BiLSTMCRF:
        """Return it, fitted. rows: (tokens, width). tags: (tokens,). lengths: of the sentences."""
        torch.manual_seed(self.seed)
        self.network = Network(rows.shape[1], self.hidden, self.tags, self.dropout)
        optimizer = torch.optim.Adam(self.network.parameters(), lr=self.rate)
        known, wanted = torch.tensor(rows, dtype=torch.float32), torch.tensor(tags)
        batches = list(_batches(lengths, BATCH))
        random = np.random.default_rng(self.seed)
        self.network.train()
        for _ in range(self.epochs):
            for number in random.permutation(len(batches)).tolist():
                tokens, sizes = batches[number]
                value = loss(self.network(known[tokens], sizes), self.network.moves, wanted[tokens], sizes) / len(
                    tokens
                )
                optimizer.zero_grad()
                value.backward()
                nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
                optimizer.step()
        self.network.eval()
        return self

    @torch.inference_mode()
    def scores(self, rows: np.ndarray, lengths: Sequence[int]) -> np.ndarray:
        """Return the score of each tag at each token, (tokens, tags)."""
        known, scores = torch.tensor(rows, dtype=torch.float32), np.zeros((len(rows), self.tags))
        for tokens, sizes in _batches(lengths, BATCH):
            there = torch.arange(tokens.shape[1]) < sizes[:, None]
            scores[tokens[there].numpy()] = self.network(known[tokens], sizes)[there].numpy()
        return scores

    def read(self, rows: np.ndarray, lengths: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the most likely sequence of tags of each sentence, (tokens,), and how likely each tag is.

        The second has the shape (tokens, tags). The scores are the columns of a field of their own.
        """
        field, scores = CRF(self.tags), self.scores(rows, lengths)
        field.weights, field.moves = np.eye(self.tags), self.network.moves.detach().double().numpy()
        return field.predict([scores], lengths), field.marginals([scores], lengths)


def _batches(lengths: Sequence[int], size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield the tokens of sentences of about one length, (batch, time), 0 behind their ends, and their lengths."""
    sizes = np.array(lengths)
    starts, order = np.cumsum(sizes) - sizes, np.argsort(-sizes, kind="stable")
    for begin in range(0, len(order), size):
        inside = order[begin : begin + size]
        time = np.arange(sizes[inside[0]])
        tokens = np.where(time < sizes[inside, None], starts[inside, None] + time, 0)
        yield torch.tensor(tokens), torch.tensor(sizes[inside])
