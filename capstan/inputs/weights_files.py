"""The files of WEIGHTS, by checksum: each once in the cache, for all steps and versions, and once in a bucket.

    HOME/data/weights/SHA256/FILE

On one file system this is the file of the installed package, and that of each step, by hard links: nothing may write to
it. A file of the data folder is copied, because its owner may edit it in place.
"""

import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from capstan.contract.weights import Weights
from capstan.data.files import atomic_write, link_or_copy, sha256
from capstan.errors import CapstanError
from capstan.inputs import downloads
from capstan.profile import profile
from capstan.settings import settings


def fetch(weights: Weights) -> Path:
    """Return the path of some weights in the cache, which takes them from the first place that has them.

    The places are the cache, the installed package, the data folder, the bucket and the canonical address. The checksum
    is checked on the way into the cache. Raises CapstanError, which says what to do, when no place has the file or when
    one has another file.
    """
    cached = downloads.cached(weights.key)
    if cached.is_file():
        return cached
    if path := _packaged(weights):
        _check(path, weights, f"Install the version of {weights.package} that carries it, or correct WEIGHTS.")
        link_or_copy(path, cached)
    elif path := _in_data_folder(weights):
        _check(path, weights, f"Replace it by that of {weights.url}, or remove it.")
        with atomic_write(cached) as partial:
            shutil.copyfile(path, partial)
    elif downloads.find(weights.key, None):
        try:
            _check(cached, weights, "It came from the bucket: replace it there with `capstan cluster up`.")
        except CapstanError:
            cached.unlink()
            raise
    else:
        downloads.fetch(weights.url, weights.key, weights.sha256, data_name=weights.file)
    return cached


def fetch_all(stated: Mapping[str, Weights]) -> dict[str, Path]:
    """Return the path of each of WEIGHTS in the cache, by name."""
    return {name: fetch(weights) for name, weights in stated.items()}


def publish(stated: Mapping[str, Weights]) -> None:
    """Store WEIGHTS in the bucket, where versions that use them look. On one machine the cache has them already."""
    storage = profile().storage()
    stored = storage.keys(f"{downloads.FOLDER}/weights")
    for weights in stated.values():
        if (key := f"{downloads.FOLDER}/{weights.key}") not in stored:
            storage.upload(fetch(weights), key)


def write_folder(stated: Mapping[str, Weights], folder: Path | str) -> None:
    """Give each of WEIGHTS the path `folder/NAME/FILE`, without a copy where the file system allows it."""
    for name, path in fetch_all(stated).items():
        link_or_copy(path, Path(folder) / name / path.name)


def read_folder(folder: Path | str) -> dict[str, Path]:
    """Return the paths that `write_folder` wrote, by name."""
    return {path.parent.name: path for path in sorted(Path(folder).glob("*/*"))}


def _packaged(weights: Weights) -> Path | None:
    """Return the path in the installed package, without importing it."""
    spec = find_spec(weights.package) if weights.package else None
    folders = list(spec.submodule_search_locations or ()) if spec else []
    paths = [Path(folder) / weights.path for folder in folders]
    return next((path for path in paths if path.is_file()), None)


def _in_data_folder(weights: Weights) -> Path | None:
    folder = settings().data_dir
    return folder / weights.file if folder and (folder / weights.file).is_file() else None


def _check(path: Path, weights: Weights, advice: str) -> None:
    digest = sha256(path)
    if digest != weights.sha256:
        raise CapstanError(f"{path} is not the file that WEIGHTS states: its SHA-256 is {digest}. {advice}")
