"""How many bytes of tensors a worker holds while a scheme trains.

Every operation is watched, and each storage that it makes is counted until it is given up. What an operation needs only
inside of itself is not seen, nor what libraries and the system take, nor files that are mapped.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Held(NamedTuple):
    """Bytes: the most at a time, and those that stay after a step: weights, gradients, and moments of AdamW."""

    most: int
    after: int


class Watch(TorchDispatchMode):
    """Counts, while it is entered. It slows training down, so time is measured without it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's types lack it
        self.storages: dict[int, weakref.ref[torch.UntypedStorage]] = {}
        self.most = 0

    def __torch_dispatch__(
        self, function: Callable[..., Any], types: Sequence[type], args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if any(kind.__name__ == "DTensor" for kind in types):
            return NotImplemented  # it comes again, with the tensors that DTensors are made of
        outputs = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(outputs):
            if isinstance(tensor, torch.Tensor) and tensor.device.type != "meta":
                self._add(tensor.untyped_storage())
        self.most = max(self.most, self.held())
        return outputs

    def _add(self, storage: torch.UntypedStorage) -> None:
        key = id(storage)
        if key not in self.storages and not storage.filename:
            self.storages[key] = weakref.ref(storage, lambda _: self.storages.pop(key, None))

    def held(self) -> int:
        """Return the bytes that are held now."""
        alive = [reference() for reference in list(self.storages.values())]
        return sum(storage.nbytes() for storage in alive if storage is not None)
