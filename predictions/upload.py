"""Parquet files of the log move to the object store, and are copied back to be read.

Any server that shares the folder may move any file, also those of one that is gone, and may be killed meanwhile.
A file has one name and one content, so writing it twice changes nothing. It is removed here once it is there.
"""

from collections.abc import Callable
from pathlib import Path

from capstan.data.storage import Storage
from predictions import files as prediction_files

KEY = "predictions"


def upload_all(root: Path, storage: Storage) -> int:
    """Move every parquet file of a log; return how many. Raises CapstanError when the object store fails."""
    moved = 0
    for path in sorted(root.glob("model=*/date=*/[!.]*.parquet")):
        try:
            storage.upload(path, f"{KEY}/{path.relative_to(root).as_posix()}")
        except FileNotFoundError:  # another server has moved it
            continue
        path.unlink(missing_ok=True)
        moved += 1
    return moved


def download(model: str, is_wanted: Callable[[str], bool], storage: Storage, target: Path) -> None:
    """Copy the files of a model to a folder, of the days that are wanted (YYYY-MM-DD)."""
    keys = [key for key in storage.keys(f"{KEY}/model={model}") if is_wanted(prediction_files.day(key))]
    for key in prediction_files.current(storage, keys):
        storage.download(key, target / key.removeprefix(f"{KEY}/"))
