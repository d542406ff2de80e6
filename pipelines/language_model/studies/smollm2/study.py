"""What can SmolLM2 do in our streams, and how fast is that, compared with other engines?

- engines: tokens per second of our streams, `transformers` and llama.cpp;
- wikitext, gsm8k, humaneval: what the same weights can do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import pandas as pd

from capstan.study import Line, Measure, Study, Table, spread
from models.tokens.byte_pairs import BytePairs
from models.transformer.decoder import Decoder
from models.weights import smollm2
from pipelines.language_model.studies.smollm2 import scores
from pipelines.language_model.studies.smollm2.engines import CASES, speed


@cache
def weights() -> tuple[Decoder, BytePairs]:
    """Return the network and its tokens."""
    return smollm2.load()


def engines(way: str, at_a_time: int, seed: int) -> Line:
    """Return the speed of an engine. Seeds are rounds: other work of the machine then falls on each."""
    return speed(way, *weights(), at_a_time)


def timed(score: Callable[[Decoder, BytePairs], Line]) -> Line:
    """Return a score, and the seconds that it took."""
    start = time.monotonic()
    return score(*weights()) | {"seconds": round(time.monotonic() - start)}


def wikitext() -> Line:
    """Return the cost of a text, and how many of its words are guessed."""
    return timed(scores.wikitext)


def gsm8k() -> Line:
    """Return the share of word problems that are right."""
    return timed(scores.gsm8k)


def humaneval() -> Line:
    """Return the share of functions that pass their tests."""
    return timed(scores.humaneval)


def figures(lines: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each figure, with its interval."""
    found = lines[lines["part"] != "engines"].to_dict("records")
    rows = [row for line in found for row in scores.shown(line)]
    bounds = [" to ".join(f"{bound:.3f}" for bound in interval) for _, _, interval in rows]
    return pd.DataFrame({"what": [row[0] for row in rows], "figure": [row[1] for row in rows], "bounds": bounds})


STUDY = Study(
    measures=[
        Measure(engines, [{"way": way, "at_a_time": count} for way, count in CASES], seeds=3),
        Measure(wikitext, seeds=0),
        Measure(gsm8k, seeds=0),
        Measure(humaneval, seeds=0),
    ],
    tables=[
        Table(
            {"way": "way", "texts at a time": "at_a_time"},
            {"tokens per second": lambda rows: spread(rows["per_second"], digits=1, middle="median")},
            "engines",
        ),
        Table(
            {"what": "what"},
            {"figure": lambda rows: rows["figure"].iloc[0], "95 %": lambda rows: rows["bounds"].iloc[0]},
            rows=figures,
        ),
    ],
)
