"""`python -m pipelines.language_model.beside`: SmolLM2 in our streams, in `transformers` and in llama.cpp.

The same prompts, the same number of tokens, greedily, on the cores of this machine; `beside.json` has the tokens per
second of each way. `transformers` has the weights in 32 bits, as we do: one text after another, and a batch of all.
llama.cpp has them packed, as the file has; its line is there where `llama-cpp-python` is installed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from capstan.inputs import weights_files
from models.study import Study, markdown, options, spread
from models.tokens.byte_pairs import BytePairs
from models.transformer.completions import completed
from models.transformer.decoder import Decoder
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream, Streams
from models.weights import smollm2
from models.weights.llama_files import to_llama
from pipelines.language_model.compare import where

TOKENS = 64  # of each text
TEXTS = {1: 4, 8: 16, 32: 32}  # at a time, and how many
TOPICS = ("rain", "bread", "the sea", "a clock", "trains", "honey", "chess", "winter")
Prompts = list[list[int]]
Way = Callable[[Prompts], int]  # continues prompts; returns the tokens that it made


def prompts(tokens: BytePairs, count: int) -> Prompts:
    """Return conversations that ask for stories, as tokens."""
    asked = (f"Tell me story {number} about {TOPICS[number % len(TOPICS)]}." for number in range(count))
    return [tokens.encode(smollm2.conversation([{"role": "user", "content": text}]), special=True) for text in asked]


def ours(decoder: Decoder, at_a_time: int) -> Way:
    """Return our streams, so many at a time."""

    def make(texts: Prompts) -> int:
        wanted = [Stream(text, TOKENS, Sampling(temperature=0)) for text in texts]
        streams = Streams(decoder, pages=1_000)
        return sum(len(stream.made) for stream in completed(streams, wanted, at_a_time, lambda stream: False))

    return make


def theirs(decoder: Decoder, at_a_time: int) -> Way:
    """Return `transformers` with our weights: batches of so many, filled up on the left."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config, weights = to_llama(decoder)
    network: Any = LlamaForCausalLM(LlamaConfig(**config))
    network.load_state_dict(weights, strict=False)
    network.eval()

    def make(texts: Prompts) -> int:
        count = 0
        for first in range(0, len(texts), at_a_time):
            some = texts[first : first + at_a_time]
            size = max(map(len, some))
            ids = torch.tensor([[0] * (size - len(text)) + text for text in some])
            seen = torch.tensor([[0] * (size - len(text)) + [1] * len(text) for text in some])
            made = network.generate(
                ids, attention_mask=seen, do_sample=False, min_new_tokens=TOKENS, max_new_tokens=TOKENS, pad_token_id=0
            )
            count += made[:, size:].numel()
        return count

    return make


def llama_cpp() -> Way:
    """Return llama.cpp with the file of weights, one text after another."""
    from llama_cpp import Llama

    threads = torch.get_num_threads()  # for prompts it takes all cores by default, and waits for those that are busy
    path = str(weights_files.fetch(smollm2.WEIGHTS))
    network = Llama(path, n_ctx=512, n_threads=threads, n_threads_batch=threads, verbose=False)

    def make(texts: Prompts) -> int:
        count = 0
        for text in texts:
            network.reset()
            for _, _token in zip(range(TOKENS), network.generate(text, temp=0.0), strict=False):
                count += 1
        return count

    return make


def ways(decoder: Decoder) -> dict[tuple[str, int], Way]:
    """Return each way to make texts, by its name and the texts at a time."""
    made = {("ours", count): ours(decoder, count) for count in TEXTS}
    made |= {("transformers", count): theirs(decoder, count) for count in (1, 32)}
    if find_spec("llama_cpp"):
        made["llama.cpp, packed", 1] = llama_cpp()
    return made


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the median of the rounds of each way."""
    shown = {"tokens per second": lambda rows: spread(rows["per_second"], digits=1, middle="median")}
    return markdown(results, {"way": "way", "texts at a time": "at_a_time"}, shown)


def main() -> None:
    """Measure, print and write."""
    given = options(__doc__, Path(__file__).parent).parse_args()
    decoder, tokens = smollm2.load()
    study, measured = Study(given.out / "beside.json", ["way", "at_a_time", "round"]), ways(decoder)
    for turn in range(given.seeds):  # in turn, so that what else the machine does falls on each
        for (way, at_a_time), make in measured.items():
            if study.has(way=way, at_a_time=at_a_time, round=turn):
                continue
            texts = prompts(tokens, TEXTS[at_a_time])
            make(texts[:1])
            start = time.monotonic()
            count = make(texts)
            line = {"way": way, "at_a_time": at_a_time, "round": turn, "tokens": count}
            study.add(line | {"per_second": count / (time.monotonic() - start)} | where())
    print(tables(study.table()))


if __name__ == "__main__":
    main()
