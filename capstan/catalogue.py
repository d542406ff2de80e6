"""The catalogue: every folder under `pipelines/` that holds a `task.py` is a capstone."""

from importlib import import_module
from types import ModuleType

from capstan import capstone
from capstan.errors import CapstanError
from capstan.settings import ROOT

PIPELINES = ROOT / "pipelines"


def names() -> list[str]:
    """Return the names of all capstones, sorted."""
    return sorted(path.parent.name for path in PIPELINES.glob("*/task.py"))


def load_task(name: str) -> ModuleType:
    """Return the task of a capstone, its module `pipelines.NAME.task` (see `capstan.capstone` for the contract)."""
    _known(name)
    task = import_module(f"pipelines.{name}.task")
    capstone.check(task, name)
    return task


def load_pipeline(name: str):
    """Return the KFP graph of a capstone, `pipeline` in `pipelines.NAME.pipeline`."""
    _known(name)
    if not (PIPELINES / name / "pipeline.py").exists():
        raise CapstanError(f"{name} has no pipelines/{name}/pipeline.py: see docs/adding-a-capstone.md.")
    return import_module(f"pipelines.{name}.pipeline").pipeline


def _known(name: str) -> None:
    if name not in names():
        raise CapstanError(f"There is no capstone {name!r}. Known: {', '.join(names()) or 'none'}.")
