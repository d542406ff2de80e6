"""SmolLM2 in our streams, in `transformers` and in llama.cpp: the same prompts, as many tokens, greedily, one thread.

`transformers` has the weights in 32 bits, and a static batch: its texts begin and end together. llama.cpp has them as
the file has, and computes with whole numbers; it and ours read all prompts, then make all texts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import torch

from capstan.inputs import weights_files
from capstan.study import Line
from models.tokens.byte_pairs import BytePairs
from models.transformer.completions import completed
from models.transformer.decoder import Decoder
from models.transformer.quick import QuickDecoder
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream, Streams
from models.weights import smollm2
from models.weights.llama_files import to_llama

TOKENS = 64  # of each text
TEXTS = {1: 4, 8: 16, 32: 32}  # at a time, and how many
LONG = 1_000  # tokens of the text on which the types of weights are compared
TOPICS = ("rain", "bread", "the sea", "a clock", "trains", "honey", "chess", "winter")
Prompts = list[list[int]]
Way = Callable[[Prompts], int]  # continues prompts; returns the tokens that it made


def prompts(tokens: BytePairs, count: int) -> Prompts:
    """Return conversations that ask for stories, as tokens."""
    asked = (f"Tell me story {number} about {TOPICS[number % len(TOPICS)]}." for number in range(count))
    return [tokens.encode(smollm2.conversation([{"role": "user", "content": text}]), special=True) for text in asked]


def ours(decoder: Decoder | QuickDecoder, at_a_time: int) -> Way:
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
        for some in in_turn(texts, at_a_time):
            size = max(map(len, some))
            ids = torch.tensor([[0] * (size - len(text)) + text for text in some])
            seen = torch.tensor([[0] * (size - len(text)) + [1] * len(text) for text in some])
            tokens = network.generate(
                ids, attention_mask=seen, do_sample=False, min_new_tokens=TOKENS, max_new_tokens=TOKENS, pad_token_id=0
            )
            count += tokens[:, size:].numel()
        return count

    return make


def llama_cpp(at_a_time: int) -> Way:
    """Return llama.cpp with the file of weights: batches of so many."""
    from cyllama.llama import llama_cpp as library

    library.disable_logging()
    library.ggml_backend_load_all()
    model = library.LlamaModel(str(weights_files.fetch(smollm2.WEIGHTS)), library.LlamaModelParams())
    settings, likeliest = library.LlamaContextParams(), library.LlamaSampler(library.LlamaSamplerChainParams())
    settings.n_threads = settings.n_threads_batch = torch.get_num_threads()
    settings.n_seq_max, settings.n_ctx, settings.n_batch = at_a_time, 512 * at_a_time, 2_048
    likeliest.add_greedy()

    def make(texts: Prompts) -> int:
        for some in in_turn(texts, at_a_time):
            context = library.LlamaContext(model, settings)
            batch = library.LlamaBatch(n_tokens=2_048, embd=0, n_seq_max=at_a_time)
            for number, text in enumerate(some):
                for place, token in enumerate(text):
                    batch.add(token, place, [number], place == len(text) - 1)
            rows = np.cumsum([len(text) for text in some]) - 1
            for step in range(TOKENS):
                context.decode(batch)
                new = [likeliest.sample(context, int(row)) for row in rows]
                batch.clear()
                for number, token in enumerate(new):
                    batch.add(token, len(some[number]) + step, [number], True)
                rows = np.arange(len(some))
        return len(texts) * TOKENS

    return make


def in_turn(texts: Prompts, at_a_time: int) -> list[Prompts]:
    """Return the texts, some at a time."""
    return [texts[first : first + at_a_time] for first in range(0, len(texts), at_a_time)]


@cache
def quick(decoder: Decoder, tokens: BytePairs, chosen: str | None = None) -> QuickDecoder:
    """Return the decoder as it is served, in the fastest ways or in one."""
    usual = torch.tensor([text[:30] for text in prompts(tokens, 8)])
    return QuickDecoder(decoder, usual, {1: chosen} if chosen else None)


OURS, PLAIN, THEIRS, PACKED = "ours", "ours, 32 bits", "transformers", "llama.cpp"
CASES = [(name, count) for count in (1, 32) for name in (PACKED, THEIRS, OURS, PLAIN)] + [(OURS, 8)]


def speed(name: str, decoder: Decoder, tokens: BytePairs, at_a_time: int) -> Line:
    """Return the tokens per second of a way, and the types of its weights by the size of a batch."""
    network = quick(decoder, tokens) if name == OURS else decoder
    ways: dict[str, Callable[[int], Way]] = {
        PACKED: llama_cpp, THEIRS: partial(theirs, decoder),
        OURS: partial(ours, network), PLAIN: partial(ours, decoder),
    }  # fmt: skip
    texts, make = prompts(tokens, TEXTS[at_a_time]), ways[name](at_a_time)
    make(texts[:1])
    start = time.monotonic()
    count = make(texts)
    line: Line = {"tokens": count, "per_second": count / (time.monotonic() - start)}
    return line | ({"chosen": str(network.chosen)} if isinstance(network, QuickDecoder) else {})


@torch.inference_mode()
def faithful(way: str, decoder: Decoder, tokens: BytePairs, text: str) -> Line:
    """Return how far the next tokens of a text are from those in 32 bits, in nats, and how often another leads."""
    ids = torch.tensor([tokens.encode(text)[:LONG]])
    expected, logs = (network(ids).log_softmax(-1) for network in (decoder, quick(decoder, tokens, way)))
    nats = (expected.exp() * (expected - logs)).sum(-1).mean()
    return {"nats": float(nats), "other": float((expected.argmax(-1) != logs.argmax(-1)).float().mean())}
