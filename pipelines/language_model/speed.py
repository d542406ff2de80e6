"""`python -m pipelines.language_model.speed`: how fast the decoder makes text, and what packed weights cost.

It takes the network of a version of `capstan run language_model`, and writes `speed.json`. Each line is one way to keep
the weights, with or without a draft, for one number of texts at a time: bytes of text per second on one thread, as the
endpoint has it, the bytes of the weights, and the loss on the test text.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.versions import registry
from data_sets.plays import to_bytes
from models.study import Line, Study, markdown, options
from models.transformer import packed
from models.transformer.decoder import Decoder
from models.transformer.draft import GramsDraft
from models.transformer.measures import losses
from models.transformer.sampling import Sampling
from models.transformer.speculative import Draft
from models.transformer.streams import Stream, Streams
from pipelines.language_model import task
from pipelines.language_model.model import LanguageModel

TOKENS = 200  # of each text
SOME = 32  # texts, as many at a time as a line says
AT_A_TIME = (1, 8, 32)
WAYS: tuple[packed.Bits | None, ...] = (None, 8, 4)  # bits of a weight; None as they are, 32
KEYS = ["bits", "drafted", "at_a_time"]


def bytes_per_second(decoder: Decoder, draft: Draft | None, prompts: list[bytes], at_a_time: int) -> tuple[float, int]:
    """Return the bytes of text that are made in a second, and the steps that it took."""
    streams, steps = Streams(decoder, pages=4_000, draft=draft), 0
    waiting = [Stream([*prompt], TOKENS, Sampling(temperature=0.8), seed) for seed, prompt in enumerate(prompts)]
    start = time.monotonic()
    while waiting or streams.running:
        while waiting and len(streams.running) + len(streams.waiting) < at_a_time:
            streams.add(waiting.pop())
        steps += 1
        for stream in streams.step():
            if len(stream.made) == TOKENS:
                streams.end(stream)
    return len(prompts) * TOKENS / (time.monotonic() - start), steps


def measure(model: LanguageModel, text: np.ndarray) -> Iterator[Line]:
    """Yield a line for each way to keep the weights, with and without a draft, and each number of texts at a time."""
    prompts = [text[start : start + 50].tobytes() for start in range(0, SOME * 1_000, 1_000)]
    draft = GramsDraft(np.load(model.artifacts["learned"]))
    for bits in WAYS:
        decoder = deepcopy(model.decoder)
        if bits:
            packed.pack(decoder, bits)
        line: Line = {"bits": bits or 32, "bytes": packed.size(decoder)}
        line["nats"] = float(losses(decoder, text, model.shape.context).mean())
        for drafted, at_a_time in product((False, True), AT_A_TIME):
            speed, steps = bytes_per_second(decoder, draft if drafted else None, prompts, at_a_time)
            yield line | {"drafted": drafted, "at_a_time": at_a_time, "bytes_per_second": speed, "steps": steps}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row for each line."""
    shown = {
        "MB": lambda rows: f"{rows['bytes'].iloc[0] / 1e6:.1f}",
        "nats per byte": lambda rows: f"{rows['nats'].iloc[0]:.4f}",
        "bytes per second": lambda rows: f"{rows['bytes_per_second'].iloc[0]:,.0f}",
        "steps": lambda rows: f"{rows['steps'].iloc[0]:,}",
    }
    return markdown(results, {"bits": "bits", "draft": "drafted", "texts at a time": "at_a_time"}, shown)


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--version", default="1", help="of language_model, by default 1")
    given = parser.parse_args()
    model = cast(LanguageModel, registry.load_version("language_model", given.version).model)
    text = to_bytes(task.split(task.load(settings().data_dir))[1]["lines"])
    study = Study(given.out / "speed.json", KEYS)
    for line in measure(model, text):
        study.add(line)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
