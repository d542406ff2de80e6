"""The models of the tests' capstones."""

from collections.abc import Iterator

import numpy as np

from capstan.model import Columns, Explanation, Model


class Sum(Model):
    """The sigmoid of the sum of its inputs, missing values counting nothing, plus a bias that tells versions apart."""

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
        import time
        from pathlib import Path

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
        import logging
        import time

        (prompt,), (words,), (pause,), (fail_at,) = (columns[name] for name in self.inputs)
        made = 0
        try:
            for number in range(words):
                if number:
                    time.sleep(pause)
                if number == fail_at:
                    raise ValueError("out of words")
                made += 1
                yield {"text": (" " if number else "") + prompt.split()[-1], "words": number + 1}
        finally:
            logging.getLogger("serving").warning("stream of %r closed after %d words", prompt[:40], made)


class Echo(Model):
    """Says a prompt again, letter by letter."""

    def __init__(self) -> None:
        self.inputs = {"prompt": "string"}

    def predict_columns(self, columns: Columns) -> dict:
        return {"text": columns["prompt"]}

    def stream(self, columns: Columns) -> Iterator[dict]:
        yield from ({"text": letter} for letter in columns["prompt"][0])
