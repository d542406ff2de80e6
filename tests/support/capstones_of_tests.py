"""The tests' capstones: added to the catalogue, trained, and loaded without a registry."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from capstan import catalogue
from capstan.contract.capstone import Capstone
from capstan.settings import settings
from capstan.versions import model_version

FOLDER = Path(__file__).parents[1] / "small_capstones" / "contract"


@contextmanager
def in_catalogue(*folders: Path) -> Iterator[None]:
    """Let the catalogue find the tests' capstones, and those of some more folders."""
    before = os.environ.get("CAPSTAN_CAPSTONES")
    os.environ["CAPSTAN_CAPSTONES"] = os.pathsep.join(map(str, (FOLDER, *folders)))
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.pop("CAPSTAN_CAPSTONES")
        if before is not None:
            os.environ["CAPSTAN_CAPSTONES"] = before
        settings.cache_clear()


def task(name: str, fresh: bool = False) -> Capstone:
    """Return a capstone; `fresh` reads an edited file again."""
    if fresh:
        forget(name)
    return catalogue.load(name)


def forget(name: str) -> None:
    """Have the next import of a capstone read its files again."""
    for key in [key for key in sys.modules if key == f"pipelines.{name}" or key.startswith(f"pipelines.{name}.")]:
        del sys.modules[key]


def save(folder: Path, name: str, bias: float | None = None, model=None, fresh: bool = False) -> Path:
    """Write a version of a capstone to a folder that MLflow can log; return the folder."""
    own = task(name, fresh)
    model = model or (own.train({}) if bias is None else own.train({}, bias))
    model_version.save(folder / "version", own, model)
    if fresh:  # the tests that follow get what its files are then
        forget(name)
    return folder / "version"


def variant(name: str, role: str = "champion", number: str = "1", bias: float | None = None, model=None, **options):
    """Return a variant of a capstone, made in this process."""
    from serving.scoring.variants import Variant

    own = task(name)
    model = model or (own.train({}) if bias is None else own.train({}, bias))
    loaded = model_version.Version(model, own, model_version.schema_of(own, model))
    return Variant(name, role, number, loaded, **options)
