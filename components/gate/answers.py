"""Random answers of the form of a model's, and honest twins of it: what a study `gate` tries on the gate."""

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from capstan import catalogue
from capstan.contract.model import Model

if TYPE_CHECKING:
    import torch

Tables = dict[str, pd.DataFrame]


class ToOthers:
    """A model, or a part of one, that gives the answers of some methods to other rows: random, and of the same form."""

    def __init__(self, original: Any, seed: int, *methods: str):
        self.original, self.seed, self.methods = original, seed, methods

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.original, name)
        return (lambda *given: self.moved(found(*given))) if name in self.methods else found

    def moved(self, answers: Any) -> Any:
        """Return answers in another order, the same for all that have as many rows."""
        if isinstance(answers, dict):
            return {name: self.moved(part) for name, part in answers.items()}
        if isinstance(answers, tuple):
            parts = [self.moved(part) for part in answers]
            return type(answers)(*parts) if hasattr(answers, "_fields") else tuple(parts)
        order = np.random.default_rng(self.seed).permutation(len(answers))
        if isinstance(answers, list):
            return [answers[index] for index in order]
        return answers.iloc[order] if isinstance(answers, pd.DataFrame) else answers[order]


def with_part(model: Any, name: str, part: Any) -> Any:
    """Return a model with another part."""
    changed = copy.copy(model)
    setattr(changed, name, part)
    return changed


def bootstrapped(name: str, table: str, share: float = 1.0) -> Callable[[Tables, int, Mapping[str, Any]], Model]:
    """Return what trains a twin on as many rows of a table, drawn with replacement; or on a share of them, without."""

    def train(past: Tables, seed: int, parameters: Mapping[str, Any]) -> Model:
        rows = past[table]
        drawn = rows.sample(frac=share, replace=share == 1, random_state=seed, ignore_index=True)
        return catalogue.load(name).train(past | {table: drawn}, **parameters)

    return train


def elsewhere(decoder: Any, seed: int) -> "torch.nn.Module":
    """Return a decoder that predicts each byte of a passage with what it expects at another one."""
    import torch

    class Elsewhere(torch.nn.Module):
        """Logits of other positions, shape (n, t, bytes)."""

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = decoder(tokens)
            return logits[:, torch.randperm(logits.shape[1], generator=generator)]

    generator = torch.Generator().manual_seed(seed)
    return Elsewhere()
