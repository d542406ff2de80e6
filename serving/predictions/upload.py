"""Parquet files of the log move to the object store, and are copied back to be read.

Any server that shares the folder may move any file, also those of one that is gone, and may be killed meanwhile.
A file has one name and one content, so writing it twice changes nothing. It is removed here once it is there.
"""

from datetime import UTC, datetime
from pathlib import Path

from capstan.storage import Storage

KEY = "predictions"


def upload_all(root: Path, storage: Storage) -> int:
    """Move every parquet file of a log; return how many. Raises CapstanError when the object store fails."""
    moved = 0
    for path in sorted(root.glob("model=*/date=*/[!.]*.parquet")):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # another server has moved it
            continue
        storage.write(f"{KEY}/{path.relative_to(root).as_posix()}", content)
        path.unlink(missing_ok=True)
        moved += 1
    return moved


def download(model: str, since: datetime | None, storage: Storage, target: Path) -> None:
    """Copy the files of a model to a folder: all of them, or those of the day of `since` and later."""
    first = f"date={since.astimezone(UTC).date()}" if since else ""
    for key in storage.keys(f"{KEY}/model={model}"):
        path = target / key.removeprefix(f"{KEY}/")
        if path.parent.name >= first:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(storage.read(key) or b"")
