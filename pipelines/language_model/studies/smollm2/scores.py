"""What SmolLM2-135M-Instruct can do: WikiText-2, GSM8K and HumanEval, with 95 % intervals.

WikiText-2: the first fifth of the test text. GSM8K: the first 200 problems, asked as a conversation, greedily.
HumanEval: all functions, ten tries each at temperature 0.8, in a sandbox without network; `apt-get install bubblewrap`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.stats import binomtest

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line
from models import sandbox
from models.tokens.byte_pairs import BytePairs
from models.transformer.completions import completed
from models.transformer.decoder import Decoder
from models.transformer.measures import losses_and_hits
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream, Streams
from models.weights import smollm2
from pipelines.language_model.studies.smollm2 import questions

CONTEXT = 512  # of WikiText, of 8,192 that it could have
SHARE = 0.2  # of the test text
PROBLEMS, ANSWER = 200, 300  # of GSM8K, and the tokens of an answer
TRIES, FUNCTION = 10, 200  # of each function of HumanEval, and its tokens
AT_A_TIME = 32


@cache
def weights() -> tuple[Decoder, BytePairs]:
    """Return the network and its tokens."""
    return smollm2.load(weights_files.fetch(smollm2.WEIGHTS))


def wikitext() -> Line:
    """Return the cost of the text."""
    decoder, tokens = weights()
    lines = questions.lines(questions.WIKITEXT, settings().data_dir)
    text = "".join(lines)[: int(SHARE * sum(map(len, lines)))]
    numbers = np.array(tokens.encode(text))
    costs, _ = losses_and_hits(decoder, numbers, CONTEXT, tokens.special["<|endoftext|>"], batch=4)
    blocks = np.array_split(np.arange(len(costs)), 100)
    lengths = np.array([len(tokens.bytes[number]) for number in numbers])
    costs_of, bytes_of = ([values[block].sum() for block in blocks] for values in (costs, lengths))
    bits = bootstrap(np.array(costs_of) / np.log(2), np.array(bytes_of))
    return {
        "bits_per_byte": costs.sum() / np.log(2) / len(text.encode()), "interval": bits,
        "word_perplexity": float(np.exp(costs.sum() / len(text.split()))), "words": len(text.split()),
        "tokens": len(numbers),
    }  # fmt: skip


def gsm8k() -> Line:
    """Return the share of the word problems whose number is right."""
    decoder, tokens = weights()
    problems = questions.records(questions.GSM8K, settings().data_dir)[:PROBLEMS]
    asked = [smollm2.conversation([{"role": "user", "content": problem["question"]}]) for problem in problems]
    end = tokens.special[smollm2.END]
    wanted = {
        Stream(tokens.encode(text, special=True), ANSWER, Sampling(temperature=0)): problem["answer"]
        for text, problem in zip(asked, problems, strict=True)
    }
    streams = completed(Streams(decoder, 2_000), wanted, AT_A_TIME, lambda stream: end in stream.made)
    right = sum(questions.is_right(written(tokens, stream), wanted[stream]) for stream in streams)
    return {"right": right, "of": len(wanted), "interval": interval(right, len(wanted))}


def humaneval() -> Line:
    """Return the share of functions that pass their tests at the first try, and in ten."""
    decoder, tokens = weights()
    sandbox.sandbox()  # says now what is missing
    problems = questions.records(questions.HUMANEVAL, settings().data_dir)
    how, end = Sampling(temperature=0.8, top_p=0.95), tokens.special["<|endoftext|>"]
    wanted = {  # a line ends with its indentation in one token: after a line that has ended, the network is lost
        Stream(tokens.encode(problem["prompt"].rstrip()), FUNCTION, how, seed): problem
        for problem in problems
        for seed in range(TRIES)
    }

    def ended(stream: Stream) -> bool:
        text = written(tokens, stream)
        return end in stream.made or questions.function(text) != text

    right = dict.fromkeys((problem["task_id"] for problem in problems), 0)
    for stream in completed(Streams(decoder, 2_000), wanted, AT_A_TIME, ended):
        problem = wanted[stream]
        right[problem["task_id"]] += questions.passes(problem, written(tokens, stream))
    rates = {k: np.array([questions.pass_at(k, TRIES, count) for count in right.values()]) for k in (1, TRIES)}
    ones = np.ones(len(right))
    return {"of": len(right)} | {
        f"pass_at_{k}": [float(values.mean()), *bootstrap(values, ones)] for k, values in rates.items()
    }


def written(tokens: BytePairs, stream: Stream) -> str:
    """Return the text of a stream without control tokens."""
    plain = [number for number in stream.made if number not in tokens.special.values()]
    return tokens.decode(plain).decode(errors="replace")


def interval(count: int, of: int) -> list[float]:
    """Return Clopper and Pearson's 95 % interval of a share."""
    return [float(bound) for bound in binomtest(count, of).proportion_ci(method="exact")]


def bootstrap(above: np.ndarray, below: np.ndarray, repeats: int = 2_000) -> list[float]:
    """Return the 95 % interval of a ratio of sums over units."""
    drawn = np.random.default_rng(0).integers(0, len(above), (repeats, len(above)))
    return [float(value) for value in np.quantile(above[drawn].sum(axis=1) / below[drawn].sum(axis=1), [0.025, 0.975])]


def shown(line: dict[str, Any]) -> list[tuple[str, str, list[float]]]:
    """Return the rows of a part: what, the figure, its interval."""
    if line["part"] == "wikitext":
        return [
            ("WikiText-2, bits per byte", f"{line['bits_per_byte']:.3f}", line["interval"]),
            ("WikiText-2, perplexity of a word", f"{line['word_perplexity']:.1f}", []),
        ]
    if line["part"] == "gsm8k":
        return [(f"GSM8K, {line['of']:.0f} problems", f"{line['right'] / line['of']:.1%}", line["interval"])]
    return [(f"HumanEval, pass@{k}", f"{line[f'pass_at_{k}'][0]:.1%}", line[f"pass_at_{k}"][1:]) for k in (1, TRIES)]
