"""What runs leave on this machine: folders of runs, the step cache, logs; and what is served here."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from capstan.data.retention_policy import Policy, Removed
from capstan.errors import CapstanError
from capstan.local import endpoint as local_endpoint
from capstan.settings import settings


def clean_runs(
    capstones: list[str], policy: Policy, no_run: Callable[[str], AbstractContextManager[None]]
) -> list[Removed]:
    """Remove entries of the cache, logs and folders of runs that are older than the policy's time.

    A folder stays as long as an entry of the cache points into it. Nothing is removed for a capstone that is being run,
    for which `no_run` raises CapstanError.
    """
    result = Removed("files of runs", f"here, older than {settings().keep_runs_days} days")
    for capstone in capstones:
        with ExitStack() as held:
            try:
                held.enter_context(no_run(capstone))
            except CapstanError as error:
                result.notes += (f"Files of runs of {capstone} were left: {error}",)
                continue
            entries = (settings().home / "cache" / capstone).glob("*.json")
            cached = "".join(path.read_text() for path in entries if not _is_old(path, policy))
            for path in [*_files(capstone), *_folders(capstone)]:
                if f"/{path.name}/" in cached or not _is_old(path, policy):
                    result.kept += 1
                    continue
                result.removed += 1
                if not policy.dry:
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return [result]


def retire(capstone: str) -> list[str]:
    """Have the endpoint forget a capstone, and remove its features' registry and online store. Return the latter."""
    local_endpoint.forget(capstone)
    stores = settings().home / "feast" / capstone
    if not stores.exists():
        return []
    shutil.rmtree(stores)
    return ["its online features"]


def _files(capstone: str) -> Iterator[Path]:
    """Yield entries of the cache, logs and kept answers of a capstone. Digests go with the entry that they are of."""
    yield from sorted((settings().home / "cache" / capstone).glob("*.json"))
    yield from sorted((settings().home / "cache" / capstone).glob("*.digests"))
    yield from sorted((settings().home / "logs" / capstone).glob("*.log"))
    yield from sorted((settings().home / "answers" / capstone).glob("*.json"))


def _folders(capstone: str) -> list[Path]:
    """Return the folders of runs, `PIPELINE-DATE`. KFP writes the pipeline's name with dashes."""
    return sorted((settings().home / "runs").glob(f"{capstone.replace('_', '-')}-20[0-9][0-9]-*"))


def _is_old(path: Path, policy: Policy) -> bool:
    return path.stat().st_mtime < policy.runs_before.timestamp()
