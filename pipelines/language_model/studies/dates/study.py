"""Does an encoder-decoder transformer write dates as ISO 8601 has them, and does it need cross-attention?

It reads "the 3rd of March 1954" and writes "1954-03-03", character by character. The years that it is tested on are
in no date that it has learned from. The same network whose decoder does not see what was read is the control.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import torch

from capstan.study import Line, Measure, Study, Table, spread
from models.ladder import encoder_decoder
from models.ladder.encoder_decoder import END, START, EncoderDecoder
from models.ladder.rungs import busy
from models.learning import training

FIRST, LAST = 1800, 2099
HELD_OUT = sorted(np.random.default_rng(0).choice(np.arange(FIRST, LAST + 1), 30, replace=False).tolist())
VALUES = 128  # ASCII
EPOCHS, ROUND, BATCH = 6, 100, 32
TESTED = 1_000
NETWORKS = {"encoder-decoder": True, "without cross-attention": False}


def forms(day: date) -> list[str]:
    """Return the ways in which people write a date."""
    number, name, year = day.day, day.strftime("%B"), day.year
    return [
        f"{number} {name} {year}",
        f"{name} {number}, {year}",
        f"the {ordinal(number)} of {name} {year}",
        f"{name[:3]} {ordinal(number)}, {year}",
        f"{day.strftime('%A')}, {number} {name[:3]}. {year}",
    ]


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, ..."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def days(held_out: bool) -> list[date]:
    """Return all dates of the years that are held out, or of the others."""
    first, after = date(FIRST, 1, 1).toordinal(), date(LAST + 1, 1, 1).toordinal()
    every = (date.fromordinal(number) for number in range(first, after))
    return [day for day in every if (day.year in HELD_OUT) == held_out]


def pairs(some: Sequence[date], count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return dates drawn at random, each in one of its forms, and how ISO has them: tokens, filled up."""
    random = np.random.default_rng(seed)
    drawn = [some[place] for place in random.integers(len(some), size=count)]
    sources = [forms(day)[form] for day, form in zip(drawn, random.integers(5, size=count), strict=True)]
    targets = [day.isoformat() for day in drawn]
    return filled([to_tokens(text) for text in sources]), filled([[START, *to_tokens(text), END] for text in targets])


def to_tokens(text: str) -> list[int]:
    """Return the ASCII of a text."""
    return list(text.encode("ascii"))


def filled(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return rows of tokens as one tensor, (rows, longest)."""
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def learned(cross: bool, seed: int, epochs: int = EPOCHS) -> EncoderDecoder:
    """Return a network that has learned from the dates of the years that are not held out."""
    torch.manual_seed(seed)
    network, known = EncoderDecoder(VALUES, cross=cross), days(held_out=False)

    def batches(epoch: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for step in range(epoch * ROUND, (epoch + 1) * ROUND):
            yield pairs(known, BATCH, seed=1_000_003 * seed + step)

    training.fit(
        network, encoder_decoder.loss, batches, epochs=epochs, rate=0.003, clip=1.0, fused=True,
        schedule=training.rising_and_falling(epochs * ROUND),
    )  # fmt: skip
    return network


@torch.inference_mode()
def tested(network: EncoderDecoder) -> Line:
    """Return the share of dates of unseen years that are right to the last character, and what a character costs."""
    source, target = pairs(days(held_out=True), TESTED, seed=0)
    answers = network.answer(source, longest=target.shape[1] - 1)
    right = torch.nn.functional.pad(answers, (0, target.shape[1] - 1 - answers.shape[1])) == target[:, 1:]
    nats = float(encoder_decoder.loss(network, (source, target)))
    return {"exact": float(right.all(1).double().mean()), "characters": float(right.double().mean()), "nats": nats}


def written(network: str, seed: int) -> Line:
    """Return what a network has learned, and in which time."""
    start = busy()
    taught = learned(NETWORKS[network], seed)
    seconds = busy() - start
    return {"seconds": seconds} | tested(taught) | {"weights": sum(values.numel() for values in taught.parameters())}


STUDY = Study(
    measures=[Measure(written, [{"network": name} for name in NETWORKS], seeds=3)],
    tables=[
        Table(
            {"network": "network"},
            {
                "exact match, %": lambda rows: spread(rows["exact"], 100, digits=1),
                "characters, %": lambda rows: spread(rows["characters"], 100, digits=1),
                "nats per character": lambda rows: spread(rows["nats"]),
                "seconds": lambda rows: spread(rows["seconds"], digits=0),
                "weights": lambda rows: f"{rows['weights'].iloc[0]:,}",
                "seeds": lambda rows: f"{len(rows)}",
            },
        )
    ],
    seeds=3,
)
