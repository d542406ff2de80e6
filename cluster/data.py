"""Data whose home is a download, copied into the bucket: no pod has the internet."""

from pathlib import Path

from capstan import catalogue
from capstan.inputs import weights_files
from capstan.inputs.downloads import FOLDER
from capstan.profile import profile
from capstan.settings import settings
from cluster.access import connect


def upload(capstones: list[str]) -> str | None:
    """Copy the files and the weights that these capstones read, downloaded where needed. Return how many there are."""
    paths: dict[str, Path] = {}
    for name in capstones:
        files = catalogue.load(name).files
        paths |= files(settings().data_dir) if files else {}
        paths |= {weights.key: weights_files.fetch(weights) for weights in catalogue.load(name).WEIGHTS.values()}
    if not paths:
        return None
    with connect("CAPSTAN_S3_ENDPOINT"):
        for name, path in paths.items():
            profile().storage().upload(path, f"{FOLDER}/{name}")
    return f"{len(paths)} files" if len(paths) > 1 else next(iter(paths))
