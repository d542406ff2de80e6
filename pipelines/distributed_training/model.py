"""The model that is served: the decoder that the workers have trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.cancellation import check
from capstan.contract.model import Columns, Model

if TYPE_CHECKING:
    from models.transformer.decoder import Decoder, Shape

ANSWERED = ("next", "confidence", "chances", "familiar", "bits_per_byte", "scored")
SHOWN = 8  # bytes that may come next
NAMES = {ord(" "): "space", ord("\n"): "new line"}
START = ord("\n")  # stands before the first byte


class NextByteModel(Model):
    """Says which byte comes next.

    limit: bits per byte above which a text is unlike the plays.
    artifacts: `network`, the weights; `learned`, the text that they are of; `proof`, where several workers trained it:
    the weights after the same steps of all workers and of one.
    """

    inputs = {"text": "string"}
    requirements = ("numpy", "torch")

    def __init__(
        self, shape: Shape, limit: float, how: str, artifacts: Mapping[str, Path],
        history: Sequence[Mapping[str, float]] = (),
    ):  # fmt: skip
        self.shape, self.limit, self.how = shape, limit, how
        self.artifacts, self.history = artifacts, history

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("decoder", "history")}

    @cached_property
    def decoder(self) -> Decoder:
        """The network, read when it is first needed."""
        import torch

        from models.transformer.decoder import opened

        torch.set_num_threads(1)
        return opened(self.shape, torch.load(self.artifacts["network"], weights_only=True))

    def predict_columns(self, columns: Columns) -> dict[str, list[Any]]:
        """Return what comes after each text, and what its bytes cost."""
        answers: dict[str, list[Any]] = {name: [] for name in ANSWERED}
        for text in columns["text"]:
            check()
            for name, value in self.answer(text).items():
                answers[name].append(value)
        return answers

    def answer(self, text: str) -> dict[str, Any]:
        """Return the fields of a prediction."""
        content = np.frombuffer(text.encode(errors="replace"), np.uint8)
        logs = self.logs(content)
        costs = logs[np.arange(len(content)), content]
        bits = float(-costs.mean() / np.log(2))
        likely = np.argsort(-logs[-1])[:SHOWN]
        return {
            "next": named(likely[0]),
            "confidence": float(np.exp(logs[-1, likely[0]])),
            "chances": {named(byte): float(np.exp(logs[-1, byte])) for byte in likely},
            "familiar": bits <= self.limit,
            "bits_per_byte": round(bits, 4),
            "scored": [
                {"token": shown(byte), "logprob": min(0.0, float(cost))}
                for byte, cost in zip(content, costs, strict=True)
            ],
        }

    def logs(self, content: np.ndarray) -> np.ndarray:
        """Return the log of the probability of each byte at each place of a text and after it, shape (n + 1, 256).

        Windows of the context overlap by half: every byte but the first ones has at least half a context before it.
        """
        import torch

        tokens = torch.from_numpy(np.concatenate([[START], content]).astype(np.int64))
        size = self.shape.context
        table = torch.empty(len(tokens), 256)
        with torch.inference_mode():
            for begin in range(0, max(1, len(tokens) - size // 2), size // 2):
                window = tokens[begin : begin + size]
                found = torch.log_softmax(self.decoder(window[None])[0], dim=-1)
                seen = size // 2 if begin else 0
                table[begin + seen : begin + len(window)] = found[seen:]
        return table.numpy()


def named(byte: int) -> str:
    """Return a byte as people read it: blanks by their names."""
    return NAMES.get(byte) or shown(byte)


def shown(byte: int) -> str:
    """Return a byte as a character, or as \\x and its number where it is none."""
    return chr(byte) if 32 <= byte < 127 or byte == START else f"\\x{byte:02x}"
