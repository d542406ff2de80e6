"""SmolLM2 in our streams, in `transformers` and in llama.cpp: the same prompts, as many tokens, greedily.

`transformers` has the weights in 32 bits, as we do: one text after another, and a batch of all. llama.cpp has them
packed, as the file has.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch

from capstan.errors import CapstanError
from capstan.inputs import weights_files
from capstan.study import Line
from models.tokens.byte_pairs import BytePairs
from models.transformer.completions import completed
from models.transformer.decoder import Decoder
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream, Streams
from models.weights import smollm2
from models.weights.llama_files import to_llama

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
            tokens = network.generate(
                ids, attention_mask=seen, do_sample=False, min_new_tokens=TOKENS, max_new_tokens=TOKENS, pad_token_id=0
            )
            count += tokens[:, size:].numel()
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


OURS, THEIRS, PACKED = "ours", "transformers", "llama.cpp, packed"
CASES = [(OURS, count) for count in TEXTS] + [(THEIRS, 1), (THEIRS, 32), (PACKED, 1)]


def way(name: str, decoder: Decoder, at_a_time: int) -> Way:
    """Return a way to make texts. Raises CapstanError where llama.cpp is not installed."""
    if name == PACKED:
        if not find_spec("llama_cpp"):
            raise CapstanError("llama.cpp is not here. Install llama-cpp-python.")
        return llama_cpp()
    return ours(decoder, at_a_time) if name == OURS else theirs(decoder, at_a_time)


def speed(name: str, decoder: Decoder, tokens: BytePairs, at_a_time: int) -> Line:
    """Return the tokens per second of a way."""
    texts, make = prompts(tokens, TEXTS[at_a_time]), way(name, decoder, at_a_time)
    make(texts[:1])
    start = time.monotonic()
    count = make(texts)
    return {"tokens": count, "per_second": count / (time.monotonic() - start)}
