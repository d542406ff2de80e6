"""`python -m pipelines.language_model.load`: how fast the endpoint streams, to one client and to many.

It asks the endpoint that serves `language_model`, and writes `load.json`. Each line is a number of clients, each of
which asks for one text after the other: bytes of text per second of all clients together, and the time to the first
part.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Study, markdown, options
from pipelines.language_model import clients
from pipelines.language_model.compare import where

CLIENTS = (1, 8, 32)
TEXTS = {1: 32, 8: 64, 32: 128}
TOKENS = 200
KEYS = ["clients", "round"]
SPEAKERS = (
    "ROMEO", "JULIET", "GREMIO", "KATHARINA", "PROSPERO", "MIRANDA", "First Citizen", "MENENIUS",
    "CORIOLANUS", "DUKE VINCENTIO", "ISABELLA", "LEONTES", "HERMIONE", "GLOUCESTER", "KING RICHARD II", "Nurse",
)  # fmt: skip
OPENINGS = (
    "What say you to", "I cannot tell, my lord, ", "Speak, I charge thee", "Good morrow", "O, that I were",
    "If thou hast seen my", "By heaven, ", "Let him come in, and", "My father's house", "Not so, sir. The",
    "When last we met", "Away! ", "There is no more", "The king himself", "How now", "Sweet lady, ",
)  # fmt: skip
ROUNDS = 3  # in turn, so that what else the machine does falls on each


def rows(count: int, seed: int) -> list[dict[str, object]]:
    """Return requests, drawn at random: one of 16 speakers begins with one of 16 openings."""
    chance = random.Random(seed)
    beginnings = (f"{chance.choice(SPEAKERS)}:\n{chance.choice(OPENINGS)}" for _ in range(count))
    return [{"prompt": text, "max_tokens": TOKENS, "seed": number} for number, text in enumerate(beginnings)]


def measure(study: Study, url: str) -> None:
    """Add a line for each number of clients, round by round."""
    clients.ask_all(url, rows(2, 999), 2)  # loads the model
    for turn in range(ROUNDS):
        for count in CLIENTS:
            if study.has(clients=count, round=turn):
                continue
            texts, seconds = clients.ask_all(url, rows(TEXTS[count], 10 * turn + count), count)
            first = np.array([text.first for text in texts])
            study.add(
                {"clients": count, "round": turn, "texts": len(texts), "failed": sum(t.status != 200 for t in texts)}
                | {"bytes_per_second": sum(text.tokens for text in texts) / seconds}
                | {"first_p50": float(np.quantile(first, 0.5)), "first_p99": float(np.quantile(first, 0.99))}
                | where()
            )


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the median of the rounds for each number of clients."""
    alone = results.loc[results["clients"] == 1, "bytes_per_second"].median()
    shown = {
        "texts": lambda rows: f"{rows['texts'].sum():,}",
        "failed": lambda rows: f"{rows['failed'].sum():,}",
        "bytes per second": lambda rows: f"{rows['bytes_per_second'].median():,.0f}",
        "times one client": lambda rows: f"{rows['bytes_per_second'].median() / alone:.1f}",
        "ms to the first part, median": lambda rows: f"{1_000 * rows['first_p50'].median():,.0f}",
        "99 %": lambda rows: f"{1_000 * rows['first_p99'].median():,.0f}",
    }
    return markdown(results, {"clients": "clients"}, shown)


def main() -> None:
    """Measure, print and write."""
    given = options(__doc__, Path(__file__).parent).parse_args()
    url = settings().endpoint_url
    clients.counted(url)
    study = Study(given.out / "load.json", KEYS)
    measure(study, url)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
