"""Weights that a task's `train` starts from: files with their source, checksum and licence."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Weights:
    """A file of weights.

    file: its name in the data folder, a relative path with slashes. sha256: of its content, in hex. url: its canonical
    address. package, path: the installed package that carries it, and its path inside that package.
    """

    file: str
    sha256: str
    licence: str
    url: str
    package: str = ""
    path: str = ""

    @property
    def key(self) -> str:
        """Its name in the cache and in a bucket, where the same content is stored once."""
        return f"weights/{self.sha256}/{PurePosixPath(self.file).name}"


def problems(stated: Any, train: Callable[..., Any]) -> list[str]:
    """Return what is wrong with `WEIGHTS` of a task, whose `train` gets them."""
    if not isinstance(stated, Mapping) or not all(isinstance(weights, Weights) for weights in stated.values()):
        return ["WEIGHTS maps a name to a capstan.contract.weights.Weights"]
    wrong = [name for name, weights in stated.items() if not SHA256.fullmatch(weights.sha256)]
    messages = [f"the sha256 of its weights {', '.join(wrong)} is not 64 hex digits"] if wrong else []
    if stated and "weights" not in inspect.signature(train).parameters:
        messages.append("its `train` has no parameter `weights`, which gets the paths of WEIGHTS")
    return messages
