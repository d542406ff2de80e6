"""Where a training that was interrupted goes on: one file per training, by what it is made of."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from capstan.data.files import atomic_write, digest
from capstan.settings import settings

if TYPE_CHECKING:
    from models.learning.training import State


def key(name: str, plan: str, data: Iterable[torch.Tensor], *code: Path) -> str:
    """Return what identifies a training: name, plan, data, and Python files: those of this folder, and `code`.

    code: files, and folders whose Python files count. `capstan.versions.code.imported` lists what a module imports.
    """
    tensors = (hashlib.sha256(tensor.numpy().data).hexdigest() for tensor in data)
    paths = (Path(__file__).parent, *code)
    files = sorted({file for path in paths for file in (path.glob("*.py") if path.is_dir() else [path])})
    return f"{name}-{digest(name, plan, torch.__version__, *tensors, *files)}"


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
