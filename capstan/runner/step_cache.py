"""kfp's local cache, with keys that depend on the code of a step and the files that it reads.

kfp's own key depends on the shell of a component and its inputs, but not on the modules that it imports. On a cluster
the image's tag plays this part.
"""

from typing import Any

from kfp.local import cache
from kfp.local.cache import LocalCache

from capstan.files import digest
from capstan.runner.code import step_digest
from capstan.runner.command import source_of
from capstan.settings import settings


class StepCache(LocalCache):  # type: ignore[misc]  # kfp has no types
    """The cache of one capstone's steps."""

    def __init__(self, cache_root: str, capstone: str):
        super().__init__(cache_root)
        self.capstone = capstone

    def compute_key(self, component_name: str, image: str, full_command: list[str], *args: Any, **options: Any) -> str:
        """Return the digest of kfp's key, the step's code and, for ingest, the data folder."""
        key = super().compute_key(component_name, image, full_command, *args, **options)
        source = source_of(full_command)
        reads_data = "components.ingest.core" in source
        return digest(key, step_digest(self.capstone, source), *(_data_files() if reads_data else []))


def use(folder: str, capstone: str) -> None:
    """Make kfp's local runner use a capstone's cache in a folder. Call this after `kfp.local.init`."""
    cache._cache_singleton, cache._cache_singleton_root = StepCache(folder, capstone), folder


def _data_files() -> list[str]:
    """Return the names, sizes and times of the files of the data folder."""
    data = settings().data_dir
    files = sorted(data.rglob("*")) if data and data.is_dir() else []
    stamps = [f"{path.relative_to(data)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files if data]
    return [str(data), *stamps]
