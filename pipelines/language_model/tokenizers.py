"""`python -m pipelines.language_model.tokenizers`: what a text costs in tokens of each kind and size.

Each tokenizer learns from the text to train on. Then a small decoder without n-grams learns from its tokens with a
budget of floating point operations, `--flops`: a larger vocabulary makes fewer steps of it, as many on any machine. The
loss of the test text is divided by its bytes, which makes tokens of all kinds comparable. Pieces by their ratio, as
many describe WordPiece, are counted alone. It writes `tokenizers.json` into the folder that it is given; what is there
is not measured again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import torch

from models.study import Line, Study, markdown, options, spread
from models.tokens import byte_pairs, unigram_training, word_piece_training
from models.transformer.decoder import Decoder
from models.transformer.measures import losses
from pipelines.language_model.compare import texts, where
from pipelines.language_model.training import Plan, learn, shape

KEYS = ["tokens", "size", "flops", "seed"]
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


def measure(study: Study, learned: np.ndarray, test: np.ndarray, flops: float, seeds: int) -> None:
    """Add what is not measured yet, one case after the other. learned, test: bytes of UTF-8."""
    for kind, size in cases():
        plans = [(None, None)] if kind == COUNTED else [(flops, seed) for seed in range(seeds)]
        named = [{"tokens": kind, "size": size, "flops": budget, "seed": seed} for budget, seed in plans]
        left = [fields for fields in named if not study.has(**fields)]
        if left:
            tokenizer, tokens, counted = tokenized(kind, size, learned.tobytes().decode(), test.tobytes().decode())
            for fields in left:
                made = {} if kind == COUNTED else trained(tokenizer, tokens, test, fields)
                study.add(fields | counted | {"bits": None, "steps": None, "passes": None} | made | where())


def tokenized(kind: str, size: int, learned: str, test: str) -> tuple[Tokenizer, tuple[np.ndarray, np.ndarray], Line]:
    """Return the tokenizer, the tokens of both texts, and how many there are for each byte of the test text."""
    start = time.process_time()
    tokenizer = KINDS[kind]([learned], size)
    seconds = time.process_time() - start
    tokens = np.array(tokenizer.encode(learned)), np.array(tokenizer.encode(test))
    if tokenizer.decode(tokens[1].tolist()) != test.encode():
        raise ValueError(f"{kind} of {size} do not make the test text again.")
    return tokenizer, tokens, {"tokens_per_byte": len(tokens[1]) / len(test.encode()), "learning": seconds}


def trained(tokenizer: Tokenizer, tokens: tuple[np.ndarray, np.ndarray], test: np.ndarray, fields: Line) -> Line:
    """Return the bits for each byte of the test text that a decoder of tokens needs, and how much it has read."""
    sizes = shape(WIDTH, LAYERS, context=CONTEXT, grams=(), vocabulary=len(tokenizer.bytes))
    torch.manual_seed(fields["seed"])
    decoder, plan = Decoder(sizes), Plan(0, steps=STEPS, seed=fields["seed"])
    read = plan.batch * sizes.context * STEPS  # tokens of a round
    weights = sum(values.numel() for values in decoder.parameters())
    plan = replace(plan, rounds=max(1, round(fields["flops"] / (6 * weights * read))))
    learn(decoder, sizes.context, torch.from_numpy(tokens[0]), plan, f"{fields['tokens']} {fields['size']}")
    nats = float(losses(decoder, tokens[1], sizes.context).mean())
    bits = nats / np.log(2) * len(tokens[1]) / len(test)
    return {"bits": bits, "steps": plan.rounds * STEPS, "passes": plan.rounds * read / len(tokens[0])}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row for each kind and size."""
    shown = {
        "tokens per byte": lambda rows: f"{rows['tokens_per_byte'].iloc[0]:.3f}",
        "bits per byte": lambda rows: "" if rows["bits"].isna().any() else spread(rows["bits"], middle="median"),
        "passes": lambda rows: "" if rows["bits"].isna().any() else f"{rows['passes'].median():.1f}",
        "seconds to learn tokens": lambda rows: f"{rows['learning'].median():.0f}",
    }
    return markdown(results, {"tokens": "tokens", "vocabulary": "size"}, shown)


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--flops", type=float, default=FLOPS, help="the budget of each training")
    given = parser.parse_args()
    study = Study(given.out / "tokenizers.json", KEYS)
    measure(study, *texts(), given.flops, given.seeds)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
