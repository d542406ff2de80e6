"""What does a text cost in tokens larger than a byte?

Each tokenizer learns from the text to train on. A small decoder without n-grams then learns from its tokens with a
budget of floating point operations: a larger vocabulary makes fewer steps. The loss of the test text is divided by its
bytes, so all kinds compare. Pieces by their ratio, as many describe WordPiece, are counted alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Protocol

import numpy as np
import torch

from capstan.study import Line, Measure, Study, Table, spread
from models.ladder.learning import Plan, learn
from models.tokens import byte_pairs, unigram_training, word_piece_training
from models.transformer.decoder import Decoder
from models.transformer.measures import losses
from pipelines.language_model.studies.compare import ladder
from pipelines.language_model.training import shape

SIZES = (512, 1024, 2048, 4096)
FLOPS = 1.2e12  # 6 N D, of N weights and D tokens: about a minute of a core
WIDTH, LAYERS, CONTEXT = 64, 2, 64  # of the decoder, which is small: it reads the text about once in its time
STEPS = 10  # of a round: a training ends as near to its time
COUNTED = "WordPiece by ratio"


class Tokenizer(Protocol):
    """What makes numbers of a text, and bytes of numbers. `bytes` has those of each number."""

    def encode(self, text: str) -> list[int]: ...

    def decode(self, numbers: list[int]) -> bytes: ...

    bytes: dict[int, bytes]


KINDS: dict[str, Callable[[list[str], int], Tokenizer]] = {
    "bytes": lambda texts, size: byte_pairs.train([], size),
    "byte pairs": byte_pairs.train,
    "WordPiece": word_piece_training.train,
    "unigram": unigram_training.train,
    COUNTED: partial(word_piece_training.train, score=word_piece_training.ratio),
}


def cases() -> Iterator[tuple[str, int]]:
    """Yield each kind of tokens, and how many there are."""
    yield "bytes", 256
    for kind in list(KINDS)[1:]:
        yield from ((kind, size) for size in SIZES)


def tokenized(kind: str, size: int, learned: str, test: str) -> tuple[Tokenizer, tuple[np.ndarray, np.ndarray], Line]:
    """Return the tokenizer, the tokens of both texts, and how many there are for each byte of the test text."""
    start = time.process_time()
    tokenizer = KINDS[kind]([learned], size)
    seconds = time.process_time() - start
    tokens = np.array(tokenizer.encode(learned)), np.array(tokenizer.encode(test))
    if tokenizer.decode(tokens[1].tolist()) != test.encode():
        raise ValueError(f"{kind} of {size} do not make the test text again.")
    return tokenizer, tokens, {"tokens_per_byte": len(tokens[1]) / len(test.encode()), "learning": seconds}


def trained(
    tokenizer: Tokenizer, tokens: tuple[np.ndarray, np.ndarray], test: np.ndarray, name: str, flops: float, seed: int
) -> Line:
    """Return the bits for each byte of the test text that a decoder of tokens needs, and how much it has read."""
    sizes = shape(WIDTH, LAYERS, context=CONTEXT, grams=(), vocabulary=len(tokenizer.bytes))
    torch.manual_seed(seed)
    decoder, plan = Decoder(sizes), Plan(0, steps=STEPS, seed=seed)
    read = plan.batch * sizes.context * STEPS  # tokens of a round
    weights = sum(values.numel() for values in decoder.parameters())
    plan = replace(plan, rounds=max(1, round(flops / (6 * weights * read))))
    learn(decoder, sizes.context, torch.from_numpy(tokens[0]), plan, name)
    nats = float(losses(decoder, tokens[1], sizes.context).mean())
    bits = nats / np.log(2) * len(tokens[1]) / len(test)
    return {"bits": bits, "steps": plan.rounds * STEPS, "passes": plan.rounds * read / len(tokens[0])}


@cache
def of_text(tokens: str, size: int) -> tuple[Tokenizer, tuple[np.ndarray, np.ndarray], Line]:
    """Return what `tokenized` does, of the texts."""
    learned, test = (text.tobytes().decode() for text in ladder.texts())
    return tokenized(tokens, size, learned, test)


def learned(tokens: str, size: int, seed: int) -> Line:
    """Return what the test text costs in tokens of a kind, and in bits."""
    tokenizer, numbers, line = of_text(tokens, size)
    return line | trained(tokenizer, numbers, ladder.texts()[1], f"{tokens} {size}", FLOPS, seed)


def counted(tokens: str, size: int) -> Line:
    """Return what the test text costs in tokens alone."""
    return of_text(tokens, size)[2]


STUDY = Study(
    measures=[
        Measure(learned, [{"tokens": kind, "size": size} for kind, size in cases() if kind != COUNTED], seeds=3),
        Measure(counted, [{"tokens": kind, "size": size} for kind, size in cases() if kind == COUNTED], seeds=0),
    ],
    tables=[
        Table(
            {"tokens": "tokens", "vocabulary": "size"},
            {
                "tokens per byte": lambda rows: f"{rows['tokens_per_byte'].iloc[0]:.3f}",
                "bits per byte": lambda rows: (
                    "" if rows["bits"].isna().any() else spread(rows["bits"], middle="median")
                ),
                "passes": lambda rows: "" if rows["bits"].isna().any() else f"{rows['passes'].median():.1f}",
                "seconds to learn tokens": lambda rows: f"{rows['learning'].median():.0f}",
            },
        )
    ],
)
