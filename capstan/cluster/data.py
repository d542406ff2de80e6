"""Data whose home is a download, copied into the bucket: no pod has the internet."""

from pathlib import Path

from capstan import catalogue, weights_files
from capstan.cluster.access import connect
from capstan.downloads import FOLDER
from capstan.profile import profile
from capstan.settings import settings


def upload(capstones: list[str]) -> str | None:
    """Copy the files and the weights that these capstones read, downloaded where needed. Return how many there are."""
    found: dict[str, Path] = {}
    for name in capstones:
        files = catalogue.load(name).files
        found |= files(settings().data_dir) if files else {}
        found |= {weights.key: weights_files.fetch(weights) for weights in catalogue.load(name).WEIGHTS.values()}
    if not found:
        return None
    with connect("CAPSTAN_S3_ENDPOINT"):
        for name, path in found.items():
            profile().storage().upload(path, f"{FOLDER}/{name}")
    return f"{len(found)} files" if len(found) > 1 else next(iter(found))
