"""The models of the tests' capstones."""

import itertools
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from capstan.contract.model import Columns, Explanation, Model


class Sum(Model):
    """The sigmoid of the sum of its inputs, missing values counting nothing, plus a bias that marks the version."""

    steady = True

    def __init__(self, inputs: list[str], bias: float = 0.0):
        self.inputs, self.bias = dict.fromkeys(inputs, "double"), bias

    def predict_columns(self, columns: Columns) -> dict[str, np.ndarray]:
        values = np.array([[np.nan if v is None else v for v in columns[name]] for name in self.inputs], dtype=float)
        return {"probability": 1 / (1 + np.exp(-(self.bias + np.nansum(values, axis=0) / 100)))}


class Heavy(Sum):
    """The same with some MiB of weights. Loading it waits for the file `gate`."""

    def __init__(self, inputs: list[str], mib: int, bias: float = 0.0, gate: str = ""):
        super().__init__(inputs, bias)
        self.weights, self.gate = np.ones(mib * 2**20, np.uint8), gate

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state)
        while self.gate and not Path(self.gate).exists():
            time.sleep(0.05)


class ExplainedSum(Sum):
    """The same, and what each input adds to its log-odds."""

    def explain_columns(self, columns: Columns) -> Explanation:
        values = np.array([[0.0 if v is None else v for v in columns[name]] for name in self.inputs], dtype=float)
        return Explanation("probability", np.full(values.shape[1], self.bias), values.T / 100, unit="log-odds")


class Answers(Model):
    """A model that answers with what a function of its columns returns."""

    def __init__(self, inputs: dict[str, str], answer):
        self.inputs, self.answer = inputs, answer

    def predict_columns(self, columns: Columns) -> dict:
        return self.answer(columns)


class Writer(Model):
    """Repeats the last word of a prompt, a word at a time."""

    inputs = dict.fromkeys(("prompt", "words", "pause", "fail_at"), "string")

    def __init__(self) -> None:
        self.closed: list[str] = []  # the prompts whose stream ended

    def predict_columns(self, columns: Columns) -> dict:
        rows = zip(columns["prompt"], columns["words"], strict=True)
        return {"text": [" ".join([p.split()[-1]] * n) for p, n in rows], "words": list(columns["words"])}

    def stream(self, columns: Columns) -> Iterator[dict]:
        (prompt,), (words,), (pause,), (fail_at,) = (columns[name] for name in self.inputs)
        sent = 0
        try:
            for number in range(words):
                if number:
                    time.sleep(pause)
                if number == fail_at:
                    raise ValueError("out of words")
                sent += 1
                yield {"text": (" " if number else "") + prompt.split()[-1], "words": number + 1}
        finally:
            logging.getLogger("serving").warning("stream of %r closed after %d words", prompt[:40], sent)


class Choir(Writer):
    """A writer that makes a word of every text in each step. `words` is the number of the step, of all engines."""

    def engine(self):
        logging.getLogger("serving").warning("a choir comes together")
        return Steps()


class Steps:
    """The engine of `Choir`."""

    count = itertools.count(1)

    def __init__(self) -> None:
        self.texts: dict[object, dict] = {}

    def admit(self, columns: Columns) -> object:
        row = {name: columns[name][0] for name in Writer.inputs}
        if row["prompt"] == "no room":
            raise ValueError("no room for it")
        handle = object()
        self.texts[handle] = row | {"made": 0}
        return handle

    def step(self):
        number = next(self.count)
        time.sleep(max(row["pause"] for row in self.texts.values()))
        for handle, row in list(self.texts.items()):
            if row["prompt"] == "break the engine":
                raise ValueError("the engine is broken")
            if row["made"] in (row["words"], row["fail_at"]):
                del self.texts[handle]
                yield handle, None if row["made"] == row["words"] else ValueError("out of words")
                continue
            row["made"] += 1
            yield handle, {"text": " " + row["prompt"].split()[-1], "words": number}

    def numbers(self) -> dict[str, float]:
        return {"texts": len(self.texts)}

    def cancel(self, handle: object) -> None:
        logging.getLogger("serving").warning("%r is cancelled", self.texts.pop(handle)["prompt"])


class Telegraph(Model):
    """Streams `max_tokens` words by itself; it has no `chat`. It fails after `fail_at` words."""

    inputs = dict.fromkeys(("prompt", "max_tokens", "pause", "fail_at"), "string")

    def predict_columns(self, columns: Columns) -> dict:
        counts = columns["max_tokens"]
        return {"text": ["stop " * n for n in counts], "finish_reason": ["length"] * len(counts), "tokens": counts}

    def stream(self, columns: Columns) -> Iterator[dict]:
        (prompt,), (most,), (pause,), (fail_at,) = (columns[name] for name in self.inputs)
        sent = 0
        try:
            for number in range(most):
                if number == fail_at:
                    raise ValueError("the line is dead")
                sent += 1
                yield {"text": "stop ", "finish_reason": "length", "tokens": sent}
                time.sleep(pause)
        finally:
            logging.getLogger("serving").warning("telegram %r closed after %d words", prompt[:40], sent)


class Echo(Model):
    """Says a prompt again, letter by letter."""

    def __init__(self) -> None:
        self.inputs = {"prompt": "string"}

    def predict_columns(self, columns: Columns) -> dict:
        return {"text": columns["prompt"]}

    def stream(self, columns: Columns) -> Iterator[dict]:
        yield from ({"text": letter} for letter in columns["prompt"][0])
