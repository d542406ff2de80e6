"""Old predictions: whole days of the log, as parquet. The write-ahead log is never touched."""

from contextlib import AbstractContextManager
from itertools import groupby

from capstan.data.retention_policy import Policy, Removed
from capstan.data.storage import Folder, Storage
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.settings import settings
from predictions import files as prediction_files


def clean(capstone: str, policy: Policy) -> list[Removed]:
    """Remove the whole days before the policy's, and merge the files of each day that is over. Counts are of files."""
    storage, root = log()
    rule = f"files of days older than {settings().keep_predictions_days} days"
    old, merged = Removed("predictions", rule), Removed("merged predictions", "files of a day that is over become one")
    try:
        with changing(capstone):
            keys = storage.keys(f"{root}model={capstone}")
            for day, group in groupby(keys, prediction_files.day):
                if day < policy.predictions_before:
                    files = [key for key in group if key.endswith(prediction_files.SUFFIX)]
                    _remove(storage, files, policy.dry)
                    old.removed += len(files)
                else:
                    files = list(group)
                    old.kept += len(files)
                    if day < policy.today:
                        _merge(storage, files, merged, policy.dry)
    except CapstanError as error:
        old.notes += (f"The predictions of {capstone} were left: {error}",)
    return [old, merged]


def changing(capstone: str) -> AbstractContextManager[None]:
    """Hold the lock for removing or replacing files of a capstone's log. Raises CapstanError."""
    return profile().lock(f"predictions-{capstone}", f"Files of {capstone} are being changed by another command.")


def log() -> tuple[Storage, str]:
    """Return where the log's parquet files are, and the start of their keys."""
    folder = settings().predictions_dir
    if settings().profile == "local" and folder:
        return Folder(folder), ""
    return profile().storage(), "predictions/"


def _merge(storage: Storage, keys: list[str], done: Removed, dry: bool) -> None:
    """Leave one file of a day: merge those that count, and remove those that do not."""
    count = prediction_files.current(storage, keys)
    stale = [key for key in keys if prediction_files.is_whole(key) and key not in count]
    _remove(storage, stale, dry)
    done.removed += len(stale)
    done.kept += 1
    if len(count) > 1:
        done.removed += len(count)
        if not dry:
            prediction_files.merge(storage, count)


def _remove(storage: Storage, keys: list[str], dry: bool) -> None:
    for key in keys:
        if not dry:
            storage.remove(key)
