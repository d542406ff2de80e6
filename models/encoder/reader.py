"""An extractive reader: of a question and a paragraph, where the answer begins and where it ends.

Two lines over the vectors of MiniLM's tokens score each as the first and as the last one. Source: Devlin et al., "BERT"
(2019), section 4.2. Here both texts are of the first kind of segment, and an answer is made of whole words.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.encoder.cross_encoder import device
from models.encoder.fine_tuning import mixed
from models.encoder.sentence_encoder import Encoder, SentenceEncoder, batches
from models.learning import training
from models.tokens.bert_tokens import BertTokens

QUESTION, LONGEST = 64, 30  # tokens of a question, of an answer


@dataclass(frozen=True)
class Plan:
    """How it learns. most: tokens of a question and a paragraph; what is behind them is not read. frozen: the lower
    layers that stay, as the embeddings do: without their gradients a step takes two thirds of the time."""

    most: int = 256
    batch: int = 32
    epochs: int = 2
    rate: float = 2e-4
    frozen: int = 3
    seed: int = 0


class Reader(nn.Module):
    """The encoder of sentences, and two lines over each token."""

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(encoder.shape.width, 2)

    def forward(self, tokens: torch.Tensor, may: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return the scores of each token as the first and the last, (2, batch, time); -infinity where it may not be.

        tokens, may, there: (batch, time).
        """
        scores: torch.Tensor = self.head(self.encoder(tokens, there)).float().permute(2, 0, 1)
        return scores.masked_fill(~may, -torch.inf)


class Asked(NamedTuple):
    """A question with a paragraph, as numbers. first: the place of the paragraph's first token. spans: where the word
    of each token of the paragraph is in its text."""

    row: list[int]
    first: int
    spans: list[tuple[int, int]]


class Answer(NamedTuple):
    """score: that of the first token and that of the last one together; comparable among paragraphs."""

    text: str
    score: float
    start: int


class Texts:
    """Paragraphs as numbers, each encoded once, with questions in front."""

    def __init__(self, tokens: BertTokens, paragraphs: Sequence[str], most: int):
        self.tokens, self.most = tokens, most
        self.inner = [tokens.encode(text, most)[1:-1] for text in paragraphs]
        self.spans = [tokens.spans(text, most)[1:-1] for text in paragraphs]

    def asked(self, question: str, paragraph: int) -> Asked:
        """Return begin, question, end, paragraph, end: at most `most` numbers. paragraph: its number."""
        head = self.tokens.encode(question, QUESTION)
        room = self.most - len(head) - 1
        return Asked([*head, *self.inner[paragraph][:room], self.tokens.end], len(head), self.spans[paragraph][:room])


def place(question: Asked, begin: int, end: int) -> tuple[int, int] | None:
    """Return the first and the last token of an answer by its signs; None where it was not read."""
    inside = [index for index, (left, right) in enumerate(question.spans) if left < end and right > begin]
    return (question.first + inside[0], question.first + inside[-1]) if inside else None


def padded(rows: Sequence[Asked], batch: torch.Tensor) -> torch.Tensor:
    """Return which tokens of a batch are of the paragraph, (batch, time)."""
    may = torch.zeros(batch.shape, dtype=torch.bool)
    for row, question in enumerate(rows):
        may[row, question.first : question.first + len(question.spans)] = True
    return may


def fit(start: SentenceEncoder, rows: Sequence[Asked], right: Sequence[tuple[int, int]], plan: Plan) -> Reader:
    """Return a reader that learned from questions. right: the first and last token of each answer."""
    torch.manual_seed(plan.seed)
    network, pad = Reader(copy.deepcopy(start.encoder)).to(device()), start.tokens.pad
    network.encoder.requires_grad_(False)
    network.encoder.layers[plan.frozen :].requires_grad_(True)
    lengths, truth = np.array([len(question.row) for question in rows]), torch.tensor(right)

    def steps(epoch: int) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        for places in mixed(lengths, plan.batch, np.random.default_rng((plan.seed, epoch))):
            for order, batch in batches([rows[place].row for place in places], pad, len(places)):
                may = padded([rows[place] for place in places[order]], batch)
                yield batch.to(device()), may.to(device()), truth[places[order]].T.to(device())

    def loss(network: nn.Module, given: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> torch.Tensor:
        batch, may, ends = given
        scores = network(batch, may, batch != pad)
        return (functional.cross_entropy(scores[0], ends[0]) + functional.cross_entropy(scores[1], ends[1])) / 2

    schedule = training.rising_and_falling(plan.epochs * -(-len(rows) // plan.batch))
    training.fit(network, loss, steps, epochs=plan.epochs, rate=plan.rate, schedule=schedule, clip=1.0, bfloat16=True)
    return network


@torch.inference_mode()
def answers(network: Reader, rows: Sequence[Asked], paragraphs: Sequence[str], pad: int) -> list[Answer]:
    """Return the best answer of each question in its paragraph."""
    chosen, kind = [Answer("", -np.inf, 0)] * len(rows), next(network.parameters()).device
    for places, batch in batches([question.row for question in rows], pad, 128 if kind.type == "cuda" else 32):
        may = padded([rows[place] for place in places], batch)
        with torch.autocast(kind.type, torch.bfloat16):
            scores = network(batch.to(kind), may.to(kind), (batch != pad).to(kind)).cpu().numpy()
        for number, begins, ends in zip(places.tolist(), *scores, strict=True):
            chosen[number] = best(rows[number], paragraphs[number], begins, ends)
    return chosen


def best(question: Asked, paragraph: str, begins: np.ndarray, ends: np.ndarray) -> Answer:
    """Return the words between the first and the last token that score most together, at most LONGEST apart."""
    count = len(question.spans)
    if not count:
        return Answer("", -np.inf, 0)
    first, last = begins[question.first : question.first + count], ends[question.first : question.first + count]
    behind = np.pad(last, (0, LONGEST - 1), constant_values=-np.inf)
    whole = first[:, None] + np.lib.stride_tricks.sliding_window_view(behind, LONGEST)
    begin, more = divmod(int(whole.argmax()), LONGEST)
    left, right = question.spans[begin][0], question.spans[begin + more][1]
    return Answer(paragraph[left:right], float(whole[begin, more]), left)
