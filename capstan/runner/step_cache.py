"""kfp's local cache, with keys that depend on the code of a step and the files that it reads.

kfp's own key depends on the shell of a component and its inputs, but not on the modules that it imports. On a cluster
the image's tag plays this part.
"""

from pathlib import Path
from typing import Any

from kfp.local import cache
from kfp.local.cache import LocalCache

from capstan.data.files import digest, read_json, sums, write_json
from capstan.notes import note
from capstan.runner.command import source_of
from capstan.settings import settings
from capstan.versions.code import step_digest


class StepCache(LocalCache):  # type: ignore[misc]  # kfp has no types
    """The cache of one capstone's steps."""

    def __init__(self, cache_root: str, capstone: str):
        super().__init__(cache_root)
        self.capstone = capstone

    def compute_key(self, component_name: str, image: str, full_command: list[str], *args: Any, **options: Any) -> str:
        """Return the digest of kfp's key, the step's code and, for ingest, the data folder."""
        # The tag of the image changes with each edit of the core, also with one of code that this step does not import.
        key = super().compute_key(component_name, "", full_command, *args, **options)
        source = source_of(full_command)
        reads_data = "components.ingest.core" in source
        return digest(key, step_digest(self.capstone, source), *(_data_files() if reads_data else []))

    def get(self, key: str) -> dict[str, Any] | None:
        """Return the outputs of a step, or None when there are none or an artifact is not what the step wrote."""
        outputs: dict[str, Any] | None = super().get(key)
        if outputs is None:
            return None
        try:
            written = read_json(self._digests(key))
        except (OSError, ValueError):
            written = {}
        for artifact in _artifacts(outputs):
            if sums(Path(artifact.uri)) != written.get(artifact.uri):
                note(f"The cached {artifact.name} was changed or damaged. Its step runs again.")
                return None
        return outputs

    def put(self, key: str, outputs: dict[str, Any]) -> None:
        """Keep the outputs of a step, and the digests of its artifacts."""
        written = {artifact.uri: sums(Path(artifact.uri)) for artifact in _artifacts(outputs)}
        write_json(written, self._digests(key))
        super().put(key, outputs)

    def _digests(self, key: str) -> Path:
        return Path(self.cache_root) / f"{key}.digests"


def _artifacts(outputs: dict[str, Any]) -> list[Any]:
    from kfp.dsl import Artifact

    artifacts = [value for value in outputs.values() if isinstance(value, Artifact)]
    return [artifact for artifact in artifacts if Path(artifact.uri).exists()]  # metrics have no file


def use(folder: str, capstone: str) -> None:
    """Make kfp's local runner use a capstone's cache in a folder. Call this after `kfp.local.init`."""
    cache._cache_singleton, cache._cache_singleton_root = StepCache(folder, capstone), folder


def _data_files() -> list[str]:
    """Return the names, sizes and times of the files of the data folder."""
    data = settings().data_dir
    files = sorted(path for path in data.rglob("*") if path.exists()) if data and data.is_dir() else []  # no dead links
    stamps = [f"{path.relative_to(data)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files if data]
    return [str(data), *stamps]
