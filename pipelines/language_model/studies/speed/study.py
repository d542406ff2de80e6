"""How fast is text made, with packed weights and drafts, and what does the endpoint do under load?

- packed: the network of a version, its weights kept in 32, 8 or 4 bits, with and without a draft, on one thread;
- clients: the endpoint asked by some clients, each for one text after the other;
- soak: ten minutes of mixed load, with 1,000 requests at once in the third minute, and what is left of its pages.

The last two need the endpoint of `capstan run language_model`; the first one takes its version 1.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import cast

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.versions import registry
from data_sets.plays import to_bytes
from models.transformer import packed as packing
from models.transformer.decoder import Decoder
from models.transformer.draft import GramsDraft
from models.transformer.measures import losses
from models.transformer.sampling import Sampling
from models.transformer.speculative import Draft
from models.transformer.streams import Stream, Streams
from pipelines.language_model import task
from pipelines.language_model.model import LanguageModel
from pipelines.language_model.studies.speed import clients as asking

VERSION = "1"
TOKENS = 200  # of each text
SOME = 32  # texts, as many at a time as a line says
AT_A_TIME = (1, 8, 32)
WAYS: dict[int, packing.Bits | None] = {32: None, 8: 8, 4: 4}  # bits of a weight; None as they are
TEXTS = {1: 32, 8: 64, 32: 128}  # by the clients that ask at a time
MINUTES = 10


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


@cache
def served() -> tuple[LanguageModel, np.ndarray]:
    """Return the model of the version, and the test text."""
    model = cast(LanguageModel, registry.load_version("language_model", VERSION).model)
    return model, to_bytes(task.split(task.load(settings().data_dir))[1]["lines"])


def packed(bits: int, drafted: bool) -> Iterator[Line]:
    """Yield a line for each number of texts at a time."""
    model, text = served()
    prompts = [text[start : start + 50].tobytes() for start in range(0, SOME * 1_000, 1_000)]
    draft = GramsDraft(np.load(model.artifacts["learned"])) if drafted else None
    decoder = deepcopy(model.decoder)
    if way := WAYS[bits]:
        packing.pack(decoder, way)
    line: Line = {"bytes": packing.size(decoder), "nats": float(losses(decoder, text, model.shape.context).mean())}
    for at_a_time in AT_A_TIME:
        speed, steps = bytes_per_second(decoder, draft, prompts, at_a_time)
        yield line | {"at_a_time": at_a_time, "bytes_per_second": speed, "steps": steps}


def clients(clients: int, seed: int) -> Line:
    """Return how fast the endpoint streams to some clients. Seeds are rounds: other work then falls on each number."""
    url = settings().endpoint_url
    asking.counted(url)
    asking.ask_all(url, asking.rows(2, 999), 2)  # loads the model
    texts, seconds = asking.ask_all(url, asking.rows(TEXTS[clients], 10 * seed + clients), clients)
    first = np.array([text.first for text in texts])
    return {
        "texts": len(texts),
        "failed": sum(text.status != 200 for text in texts),
        "bytes_per_second": sum(text.tokens for text in texts) / seconds,
        "first_p50": float(np.quantile(first, 0.5)),
        "first_p99": float(np.quantile(first, 0.99)),
    }


def soak() -> Iterator[Line]:
    """Yield what came of ten minutes: answers by kind, memory by minute, and the pages that are left."""
    url = settings().endpoint_url
    asking.counted(url)
    asking.fill(url)
    ended, samples = asyncio.run(asking.load(url, MINUTES))
    seconds, after = pd.DataFrame(samples), asking.left(url)
    by_minute = seconds.groupby("minute")["memory"].median()
    yield from ({"what": f"{kind}: {status}", "count": count} for (kind, status), count in sorted(ended.items()))
    yield from ({"what": f"MB, minute {minute + 1}", "count": round(each / 1e6)} for minute, each in by_minute.items())
    yield {"what": "most pages held", "count": int(seconds["pages held"].max())}
    yield from ({"what": f"{name}, after the last text", "count": int(count)} for name, count in after.items())
    yield {"what": "minutes", "count": MINUTES}


def alone(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with the speed of one client."""
    return lines.assign(alone=lines.loc[lines["clients"] == 1, "bytes_per_second"].median())


STUDY = Study(
    measures=[
        Measure(packed, [{"bits": bits, "drafted": drafted} for bits in WAYS for drafted in (False, True)], seeds=0),
        Measure(clients, [{"clients": count} for count in TEXTS], seeds=3),
        Measure(soak, seeds=0),
    ],
    tables=[
        Table(
            {"bits": "bits", "draft": "drafted", "texts at a time": "at_a_time"},
            {
                "MB": lambda rows: f"{rows['bytes'].iloc[0] / 1e6:.1f}",
                "nats per byte": lambda rows: f"{rows['nats'].iloc[0]:.4f}",
                "bytes per second": lambda rows: f"{rows['bytes_per_second'].iloc[0]:,.0f}",
                "steps": lambda rows: f"{rows['steps'].iloc[0]:,.0f}",
            },
            "packed",
        ),
        Table(
            {"clients": "clients"},
            {
                "texts": lambda rows: f"{rows['texts'].sum():,.0f}",
                "failed": lambda rows: f"{rows['failed'].sum():,.0f}",
                "bytes per second": lambda rows: f"{rows['bytes_per_second'].median():,.0f}",
                "times one client": lambda rows: f"{rows['bytes_per_second'].median() / rows['alone'].iloc[0]:.1f}",
                "ms to the first part, median": lambda rows: f"{1_000 * rows['first_p50'].median():,.0f}",
                "99 %": lambda rows: f"{1_000 * rows['first_p99'].median():,.0f}",
            },
            "clients",
            alone,
        ),
        Table({"what": "what"}, {"count": lambda rows: f"{rows['count'].iloc[0]:,g}"}, "soak"),
    ],
)
