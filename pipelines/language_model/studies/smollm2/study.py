"""What can SmolLM2 do in our streams, and how fast is that, compared with other engines?

- engines: tokens per second of our streams, `transformers` and llama.cpp;
- faithful: how far the answers of each type of weights are from those in 32 bits;
- wikitext, gsm8k, humaneval: what the same weights can do.
"""

from __future__ import annotations

import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from models.transformer.products import ALL
from pipelines.language_model.studies.smollm2 import engines as speeds
from pipelines.language_model.studies.smollm2 import questions, scores


def engines(way: str, at_a_time: int, seed: int) -> Line:
    """Return the speed of an engine. Seeds are rounds: other work of the machine then falls on each."""
    return speeds.speed(way, *scores.weights(), at_a_time)


def faithful(weights: str) -> Line:
    """Return how far the next tokens of a text are from those in 32 bits."""
    text = "".join(questions.lines(questions.WIKITEXT, settings().data_dir)[:100])
    return speeds.faithful(weights, *scores.weights(), text)


def figures(lines: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each figure, with its interval."""
    found = lines[lines["part"].isin(["wikitext", "gsm8k", "humaneval"])].to_dict("records")
    rows = [row for line in found for row in scores.shown(line)]
    bounds = [" to ".join(f"{bound:.3f}" for bound in interval) for _, _, interval in rows]
    return pd.DataFrame({"what": [row[0] for row in rows], "figure": [row[1] for row in rows], "bounds": bounds})


STUDY = Study(
    measures=[
        Measure(engines, [{"way": way, "at_a_time": count} for way, count in speeds.CASES], seeds=3),
        Measure(faithful, [{"weights": name} for name in ALL], seeds=0),
        *(Measure(score, seeds=0) for score in (scores.wikitext, scores.gsm8k, scores.humaneval)),
    ],
    tables=[
        Table(
            {"way": "way", "texts at a time": "at_a_time"},
            {"tokens per second": lambda rows: spread(rows["per_second"], digits=1, middle="median")},
            "engines",
        ),
        Table(
            {"weights": "weights"},
            {
                "nats from 32 bits": lambda rows: f"{abs(rows['nats'].iloc[0]):.4f}",
                "another token is the likeliest": lambda rows: f"{rows['other'].iloc[0]:.1%}",
            },
            "faithful",
        ),
        Table(
            {"what": "what"},
            {"figure": lambda rows: rows["figure"].iloc[0], "95 %": lambda rows: rows["bounds"].iloc[0]},
            rows=figures,
        ),
    ],
)
