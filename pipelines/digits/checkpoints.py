"""Where a training that was interrupted goes on: one file per training, by what it is made of."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from capstan.files import atomic_write, digest
from capstan.settings import settings

if TYPE_CHECKING:
    from pipelines.digits.learning import Plan, State


def key(name: str, plan: Plan, images: torch.Tensor, labels: torch.Tensor) -> str:
    """Return what tells trainings apart: the network, the plan, the data and the code."""
    data = (hashlib.sha256(tensor.numpy().data).hexdigest() for tensor in (images, labels))
    code = sorted(Path(__file__).parent.glob("*.py"))
    return f"{name}-{digest(name, str(dataclasses.astuple(plan)), torch.__version__, *data, *code)}"


def folder() -> Path:
    """Return the folder of all checkpoints on this machine."""
    return settings().home / "checkpoints"


def latest(key: str) -> State | None:
    """Return the last checkpoint of a training in this process, or None."""
    path = folder() / f"{key}.pt"
    return torch.load(path) if path.is_file() else None


def write(key: str, state: State) -> None:
    """Put a checkpoint in place of the last one."""
    with atomic_write(folder() / f"{key}.pt") as partial:
        torch.save(state, partial)


def clear(key: str) -> None:
    """Forget a training that has ended."""
    (folder() / f"{key}.pt").unlink(missing_ok=True)
    shutil.rmtree(folder() / key, ignore_errors=True)
